# Echo server on `autobahn`, its Twisted side.
# Of closing, the program does only this: the text close:CODE:REASON calls sendClose(CODE, REASON), and what that
# or sending raises is dropped. Answering a Close, failing a connection and closing TCP are the library's.
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
            pass  # Refused, or closed meanwhile: the connection stays as the library left it.


factory = WebSocketServerFactory()
factory.protocol = Echo
reactor.listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
reactor.callWhenRunning(print, "listening", flush=True)
reactor.run()
