# Echo server on `autobahn` with Twisted.
# Closing behavior of the program: on the text close:CODE:REASON it calls sendClose(CODE, REASON). It ignores
# exceptions from this call and from sending. The library replies to a Close, fails connections and closes TCP.
import sys

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor


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


factory = WebSocketServerFactory()
factory.protocol = Echo
reactor.listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
reactor.callWhenRunning(print, "listening", flush=True)
reactor.run()
