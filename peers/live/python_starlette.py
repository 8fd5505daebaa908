# Echo application on `starlette`, served by uvicorn.
# Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
# raises is dropped. Answering a Close, failing a connection and closing TCP are the library's and uvicorn's.
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute


class Echo(WebSocketEndpoint):
    async def on_receive(self, websocket, data):
        if isinstance(data, bytes):
            await websocket.send_bytes(data)
        elif data.startswith("close:"):
            code, _, reason = data.removeprefix("close:").partition(":")
            try:
                await (websocket.close(int(code), reason) if code else websocket.close())
            except Exception:
                pass  # Refused: the connection stays as the library left it.
        else:
            await websocket.send_text(data)


app = Starlette(routes=[WebSocketRoute("/", Echo)])
