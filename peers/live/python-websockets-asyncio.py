# Echo server on `websockets`, its asyncio server.
# Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
# raises is dropped. Answering a Close, failing a connection and closing TCP are the library's.
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
        pass  # Refused: the connection stays as the library left it.


async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1])) as server:
        print("listening", flush=True)
        await server.serve_forever()


asyncio.run(main())
