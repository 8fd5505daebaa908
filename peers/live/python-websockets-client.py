# Echo client on `websockets`, its asyncio client. It connects to one URL after another, a line each on standard input.
# Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
# raises is dropped. What is printed is the connection's close_code and close_reason; it is clean when the
# library's ConnectionClosed has a Close received and a Close sent.
import asyncio
import json
import logging
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)


async def close(socket, code, reason):
    try:
        await (socket.close(int(code), reason) if code else socket.close())
    except Exception:
        pass  # Refused: the connection stays as the library left it.


async def talk(url):
    # The library would ask the environment for a proxy, even for loopback.
    socket = await connect(url, proxy=None)
    try:
        while True:
            message = await socket.recv()
            if isinstance(message, str) and message.startswith("close:"):
                await close(socket, *message.removeprefix("close:").partition(":")[::2])
            else:
                await socket.send(message)
    except ConnectionClosed as closed:
        clean = "clean" if closed.rcvd is not None and closed.sent is not None else "unclean"
        told = json.dumps(socket.close_reason, ensure_ascii=False)
        print("closed", socket.close_code, told, clean, flush=True)


async def main():
    while url := await asyncio.to_thread(sys.stdin.readline):
        await talk(url.strip())


asyncio.run(main())
