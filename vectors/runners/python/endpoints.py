"""The libraries under test, each behind the same six methods.

Every method returns what the library did, as a list of tuples:

    ("sent", octets)                   octets to write to the peer
    ("end",)                           the end of TCP
    ("message", kind, payload)         a message for the application, "text" or "binary"
    ("report", code, reason, clean)    how the connection closed; None for what the library does not report
    ("error",)                         an error for the application
    ("refused",)                       the request of the application is refused

`accepted` is the (code, reason) of a Close that the library accepted. The code is None if the Close has none.
"""

import logging

from websockets.extensions.permessage_deflate import PerMessageDeflate as WebsocketsDeflate
from websockets.frames import Opcode
from websockets.protocol import CLIENT, SERVER, Protocol, State
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate

logging.getLogger("websockets").setLevel(logging.CRITICAL)


class Websockets:
    """`websockets.protocol.Protocol`, which replies, fails the connection and ends TCP itself. It has no clock, and leaves
    the UTF-8 of texts to its caller."""

    package = "websockets"
    features = {
        "framing", "masks-frames", "replies-to-close", "parses-close-body", "interprets-reason", "sends-close-on-failure",
        "closes-tcp", "reports-close-status", "reports-clean", "exposes-close-api", "reports-messages",
    }

    def __init__(self, role, deflate):
        self.protocol = Protocol(SERVER if role == "server" else CLIENT, state=State.OPEN)
        if deflate:
            self.protocol.extensions = [WebsocketsDeflate(False, False, 15, 15)]
        self.parts, self.reported = [], False

    @property
    def accepted(self):
        close = self.protocol.close_rcvd
        if close is None or self.protocol.parser_exc is not None:
            return None
        return (None if close.code == 1005 else close.code), close.reason

    def receive(self, octets):
        self.protocol.receive_data(octets)
        return self.done()

    def eof(self):
        self.protocol.receive_eof()
        return self.done()

    def idle(self):
        return []

    def close(self, code, reason):
        return self.request(lambda: self.protocol.send_close(code, reason))

    def send(self, kind, payload):
        send = self.protocol.send_text if kind == "text" else self.protocol.send_binary
        return self.request(lambda: send(payload))

    def request(self, call):
        try:
            call()
        except Exception:
            return [("refused",), *self.done()]
        return self.done()

    def done(self):
        done = [("sent", octets) if octets else ("end",) for octets in self.protocol.data_to_send()]
        for frame in self.protocol.events_received():
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self.parts.append(frame)
                if frame.fin:
                    kind = "text" if self.parts[0].opcode is Opcode.TEXT else "binary"
                    done.append(("message", kind, b"".join(bytes(part.data) for part in self.parts)))
                    self.parts = []
        if self.protocol.state is State.CLOSED and not self.reported:
            self.reported = True
            closed = self.protocol.close_exc
            clean = closed.rcvd is not None and closed.sent is not None
            done.append(("report", self.protocol.close_code, self.protocol.close_reason, clean))
        return done


class Wsproto:
    """`wsproto.connection.Connection`. As in the library's example server, the caller sends `event.response()` for a
    CloseConnection, and then ends TCP. So the end of TCP is no action of the library."""

    package = "wsproto"
    features = {
        "framing", "masks-frames", "replies-to-close", "parses-close-body", "interprets-reason", "sends-close-on-failure",
        "exposes-close-api", "reports-messages", "validates-text",
    }

    def __init__(self, role, deflate):
        extensions = []
        if deflate:
            extension = WsprotoDeflate()
            extension.accept("permessage-deflate") if role == "server" else extension.finalize("permessage-deflate")
            extensions = [extension]
        kind = ConnectionType.SERVER if role == "server" else ConnectionType.CLIENT
        self.connection = Connection(kind, extensions)
        self.parts, self.accepted, self.ended = [], None, False

    def receive(self, octets):
        if self.ended:
            return []
        self.connection.receive_data(octets)
        done = []
        for event in self.connection.events():
            done += self.react(event)
            if isinstance(event, CloseConnection):
                self.ended = True
                return [*done, ("end",)]
        return done

    def react(self, event):
        if isinstance(event, CloseConnection):
            # The library stays OPEN or LOCAL_CLOSING if the event stands for an error.
            if self.connection.state in (ConnectionState.REMOTE_CLOSING, ConnectionState.CLOSED):
                self.accepted = (None if event.code == 1005 else int(event.code)), event.reason or ""
            may_answer = self.connection.state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING)
            return [("sent", bytes(self.connection.send(event.response())))] if may_answer else []
        if isinstance(event, Ping) and self.connection.state is ConnectionState.OPEN:
            return [("sent", bytes(self.connection.send(event.response())))]
        if isinstance(event, Message):
            self.parts.append(event.data)
            if event.message_finished:
                parts, self.parts = self.parts, []
                if isinstance(event, TextMessage):
                    return [("message", "text", "".join(parts).encode())]
                return [("message", "binary", b"".join(bytes(part) for part in parts))]
        return []

    def eof(self):
        if self.ended:
            return []
        self.ended = True
        return [("end",)]

    def idle(self):
        return []

    def close(self, code, reason):
        return self.request(CloseConnection(code=code, reason=reason or None))

    def send(self, kind, payload):
        return self.request(TextMessage(data=payload.decode()) if kind == "text" else BytesMessage(data=payload))

    def request(self, event):
        if self.ended:
            return [("refused",)]
        try:
            return [("sent", bytes(self.connection.send(event)))]
        except Exception:
            return [("refused",)]


LIBRARIES = {library.package: library for library in (Websockets, Wsproto)}
