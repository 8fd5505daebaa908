# Echo client on `aiohttp`.
# Of closing, the program does only this: the text close:CODE:REASON calls close(code=CODE, message=REASON), and
# what that raises is dropped. The last line is the library's close_code and the last message of a Close; the
# library tells no reason after its own close, and never whether it was clean.
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
        pass  # Refused: the connection stays as the library left it.


async def main():
    async with ClientSession() as session, session.ws_connect(sys.argv[1]) as socket:
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
        code = "none" if socket.close_code is None else int(socket.close_code)
        print("closed", code, "none" if reason is None else json.dumps(reason, ensure_ascii=False), "untold")


asyncio.run(main())
