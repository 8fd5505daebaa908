# Echo server on `autobahn`, its asyncio side.
# Of closing, the program does only this: the text close:CODE:REASON calls sendClose(CODE, REASON), and what that
# or sending raises is dropped. Answering a Close, failing a connection and closing TCP are the library's.
import asyncio
import logging
import sys

from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol

logging.disable(logging.CRITICAL)


class Echo(WebSocketServerProtocol):
    def onMessage(self, payload, isBinary):
        try:
            if isBinary or not payload.startswith(b"close:"):
                self.sendMessage(payload, isBinary)
                return
            code, _, reason = payload.decode().removeprefix("close:").partition(":")
            self.sendClose(int(code), reason) if code else self.sendClose()
        except Exception:
            pass  # Refused, or closed meanwhile: the connection stays as the library left it.


async def main():
    loop = asyncio.get_running_loop()
    factory = WebSocketServerFactory(loop=loop)
    factory.protocol = Echo
    server = await loop.create_server(factory, "127.0.0.1", int(sys.argv[1]))
    print("listening", flush=True)
    await server.serve_forever()


asyncio.run(main())
