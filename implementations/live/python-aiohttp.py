# Echo server on `aiohttp`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(code=CODE, message=REASON) and ignores
# exceptions. The library replies to a Close, fails connections and closes TCP.
import logging
import sys

from aiohttp import WSMsgType, web

logging.disable(logging.CRITICAL)


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data.startswith("close:"):
            await close(socket, *message.data.removeprefix("close:").partition(":")[::2])
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def close(socket, code, reason):
    try:
        await (socket.close(code=int(code), message=reason.encode()) if code else socket.close())
    except Exception:
        pass  # Call refused: the connection stays as the library left it.


app = web.Application()
app.add_routes([web.get("/", echo)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, handle_signals=False)
