# Echo client on `aiohttp`. It reads URLs from standard input, one per line, and connects to one after another.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(code=CODE, message=REASON) and ignores
# exceptions. It prints the library's close_code and the last message of a Close. The library reports no reason after
# its own close, and never whether the close was clean. It does the rest of closing.
import asyncio
import json
import logging
import sys

from aiohttp import ClientSession, WSMsgType

logging.disable(logging.CRITICAL)


async def close(socket, code, reason):
    try:
        await (socket.close(code=int(code), message=reason.encode()) if code else socket.close())
    except Exception:
        pass  # Call refused: the connection stays as the library left it.


async def talk(session, url):
    async with session.ws_connect(url) as socket:
        reason = None
        while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
            if message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            elif message.data.startswith("close:"):
                await close(socket, *message.data.removeprefix("close:").partition(":")[::2])
            else:
                await socket.send_str(message.data)
        if message.type is WSMsgType.CLOSE:
            reason = message.extra or ""
        # The library rejects a received Close with the code 0, so 0 means no code.
        code = int(socket.close_code or 0) or "none"
        reported = "none" if reason is None else json.dumps(reason, ensure_ascii=False)
    print("closed", code, reported, "unknown", flush=True)


async def main():
    async with ClientSession() as session:
        while url := await asyncio.to_thread(sys.stdin.readline):
            await talk(session, url.strip())


asyncio.run(main())
