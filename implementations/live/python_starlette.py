# Echo application on `starlette`, served by uvicorn.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# The library and uvicorn reply to a Close, fail connections and close TCP.
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
                pass  # Call refused: the connection stays as the library left it.
        else:
            await websocket.send_text(data)


app = Starlette(routes=[WebSocketRoute("/", Echo)])
