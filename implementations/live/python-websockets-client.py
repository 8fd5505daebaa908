# Echo client on the asyncio client of `websockets`. It reads URLs from standard input, one per line, and connects to
# one after another.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# It prints the close_code and close_reason of the connection. It prints `clean` if the library's ConnectionClosed
# contains both a received Close and a sent Close. The library does the rest.
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
        pass  # Call refused: the connection stays as the library left it.


async def talk(url):
    # By default the library looks for a proxy in the environment, even for loopback.
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
        reported = json.dumps(socket.close_reason, ensure_ascii=False)
        print("closed", socket.close_code, reported, clean, flush=True)


async def main():
    while url := await asyncio.to_thread(sys.stdin.readline):
        await talk(url.strip())


asyncio.run(main())
