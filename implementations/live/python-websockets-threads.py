# Echo server on the threading server of `websockets`.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
import logging
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

logging.disable(logging.CRITICAL)


def echo(socket):
    try:
        for message in socket:
            if isinstance(message, str) and message.startswith("close:"):
                close(socket, *message.removeprefix("close:").partition(":")[::2])
            else:
                socket.send(message)
    except ConnectionClosed:
        pass


def close(socket, code, reason):
    try:
        socket.close(int(code), reason) if code else socket.close()
    except Exception:
        pass  # Call refused: the connection stays as the library left it.


with serve(echo, "127.0.0.1", int(sys.argv[1])) as server:
    print("listening", flush=True)
    server.serve_forever()
