# Echo server on the asyncio server of `websockets`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
import asyncio
import logging
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)


async def echo(socket):
    try:
        async for message in socket:
            if isinstance(message, str) and message.startswith("close:"):
                await close(socket, *message.removeprefix("close:").partition(":")[::2])
            else:
                await socket.send(message)
    except ConnectionClosed:
        pass


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
