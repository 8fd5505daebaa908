# Echo server on `autobahn` with asyncio.
# Closing behavior of the program: on the text close:CODE:REASON it calls sendClose(CODE, REASON). It ignores
# exceptions from this call and from sending. The library replies to a Close, fails connections and closes TCP.
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
            pass  # Call refused, or already closed: the connection stays as the library left it.


async def main():
    loop = asyncio.get_running_loop()
    factory = WebSocketServerFactory(loop=loop)
    factory.protocol = Echo
    server = await loop.create_server(factory, "127.0.0.1", int(sys.argv[1]))
    print("listening", flush=True)
    await server.serve_forever()


asyncio.run(main())
