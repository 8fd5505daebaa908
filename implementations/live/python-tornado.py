# Echo server on `tornado`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# It prints the close_code and close_reason of the handler, with the path of the request. The library does not report
# whether the close was clean. It replies to a Close, fails connections and closes TCP.
import asyncio
import json
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
                pass  # Call refused: the connection stays as the library left it.
            return
        try:
            await self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            pass

    def on_close(self):
        code = "none" if self.close_code is None else self.close_code
        reason = "none" if self.close_reason is None else json.dumps(self.close_reason, ensure_ascii=False)
        print("closed", code, reason, "unknown", self.request.uri, flush=True)


async def main():
    Application([("/", Echo)]).listen(int(sys.argv[1]), "127.0.0.1")
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
