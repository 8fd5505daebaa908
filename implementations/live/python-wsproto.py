# Echo server on `wsproto`, which performs no socket I/O.
# Closing behavior of the program, as in the library's example server: on the event CloseConnection, it sends the
# library's response and closes TCP. This event stands for a received Close and for a protocol error alike. After its
# own Close, the program continues to read until that event. On the text close:CODE:REASON it sends a CloseConnection
# and ignores exceptions.
import socketserver
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import RemoteProtocolError


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.ws = WSConnection(ConnectionType.SERVER)
        self.texts = []
        try:
            while received := self.request.recv(65536):
                self.ws.receive_data(received)
                for event in self.ws.events():
                    self.request.sendall(self.answer(event))
                    if isinstance(event, CloseConnection):
                        return
        except RemoteProtocolError as error:
            # Error in the opening handshake.
            self.request.sendall(self.ws.send(error.event_hint or RejectConnection()))
        except OSError:
            pass

    def answer(self, event):
        if isinstance(event, Request):
            return self.ws.send(AcceptConnection())
        if isinstance(event, Ping) and self.ws.state is ConnectionState.OPEN:
            return self.ws.send(event.response())
        if isinstance(event, CloseConnection) and self.ws.state is not ConnectionState.CLOSED:
            return self.ws.send(event.response())
        if isinstance(event, Message) and self.ws.state is ConnectionState.OPEN:
            return self.message(event)
        return b""

    def message(self, event):
        if not isinstance(event, TextMessage):
            return self.ws.send(type(event)(data=event.data, message_finished=event.message_finished))
        self.texts.append(event.data)
        if not event.message_finished:
            return b""
        text, self.texts = "".join(self.texts), []
        if not text.startswith("close:"):
            return self.ws.send(TextMessage(data=text))
        code, _, reason = text.removeprefix("close:").partition(":")
        try:
            return self.ws.send(CloseConnection(code=int(code), reason=reason) if code else CloseConnection(code=None))
        except Exception:
            return b""  # Call refused: the connection stays as the library left it.


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # A connection failed: its thread ends and TCP is closed.


with Server(("127.0.0.1", int(sys.argv[1])), Echo) as server:
    print("listening", flush=True)
    server.serve_forever()
