# Echo server on `tornado`.
# Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
# raises is dropped. Answering a Close, failing a connection and closing TCP are the library's.
import asyncio
import logging
import sys

from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

logging.disable(logging.CRITICAL)


class Echo(WebSocketHandler):
    async def on_message(self, message):
        if isinstance(message, str) and message.startswith("close:"):
            code, _, reason = message.removeprefix("close:").partition(":")
            try:
                self.close(int(code), reason) if code else self.close()
            except Exception:
                pass  # Refused: the connection stays as the library left it.
            return
        try:
            await self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            pass


async def main():
    Application([("/", Echo)]).listen(int(sys.argv[1]), "127.0.0.1")
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
