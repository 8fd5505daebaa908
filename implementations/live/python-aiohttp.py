# Echo server on `aiohttp`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(code=CODE, message=REASON) and ignores
# exceptions. It prints the library's close_code and the last message of a Close, with the path of the request. The
# library reports no reason after its own close, and never whether the close was clean. It replies to a Close, fails
# connections and closes TCP.
import json
import logging
import sys

from aiohttp import WSMsgType, web

logging.disable(logging.CRITICAL)


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        elif message.data.startswith("close:"):
            await close(socket, *message.data.removeprefix("close:").partition(":")[::2])
        else:
            await socket.send_str(message.data)
    reason = json.dumps(message.extra or "", ensure_ascii=False) if message.type is WSMsgType.CLOSE else "none"
    # The library rejects a received Close with the code 0, so 0 means no code.
    print("closed", int(socket.close_code or 0) or "none", reason, "unknown", request.path_qs, flush=True)
    return socket


async def close(socket, code, reason):
    try:
        await (socket.close(code=int(code), message=reason.encode()) if code else socket.close())
    except Exception:
        pass  # Call refused: the connection stays as the library left it.


app = web.Application()
app.add_routes([web.get("/", echo)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, handle_signals=False)
