# Echo server on the asyncio server of `websockets`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# It prints the close_code and close_reason of the connection, with the path of the request. It prints `clean` if the
# library's ConnectionClosed contains both a received Close and a sent Close. The library replies to a Close, fails
# connections and closes TCP.
import asyncio
import json
import logging
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)


async def echo(socket):
    try:
        while True:
            message = await socket.recv()
            if isinstance(message, str) and message.startswith("close:"):
                await close(socket, *message.removeprefix("close:").partition(":")[::2])
            else:
                await socket.send(message)
    except ConnectionClosed as closed:
        clean = "clean" if closed.rcvd is not None and closed.sent is not None else "unclean"
        reason = json.dumps(socket.close_reason, ensure_ascii=False)
        print("closed", socket.close_code, reason, clean, socket.request.path, flush=True)


async def close(socket, code, reason):
    try:
        await (socket.close(int(code), reason) if code else socket.close())
    except Exception:
        pass  # Call refused: the connection stays as the library left it.


async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1])) as server:
        print("listening", flush=True)
        await server.serve_forever()


asyncio.run(main())
