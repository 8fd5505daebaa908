# Echo server on `websockets`, its server with threads.
# Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
# raises is dropped. Answering a Close, failing a connection and closing TCP are the library's.
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
        pass  # Refused: the connection stays as the library left it.


with serve(echo, "127.0.0.1", int(sys.argv[1])) as server:
    print("listening", flush=True)
    server.serve_forever()
