# Echo client in headless Chromium: serves chromium-client.html on loopback, starts the browser on it, hands the page
# one URL after another, a line each on standard input, and prints what the page tells of its `close` events. Of
# closing, the program itself does nothing.
import ctypes
import http.server
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

# Debian's command chromium-headless-shell is a shell script round this, which passes no signals on.
BROWSER = "/usr/lib/chromium/chromium-headless-shell"
PAGE = pathlib.Path(__file__).with_suffix(".html").read_bytes()
# Read without a buffer, whose lock a thread that still waits for a line would hold for ever.
URLS = open(0, "rb", buffering=0)
over = threading.Event()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = PAGE if self.path == "/" else b""
        self.answer(200 if page else 404, page)

    def do_POST(self):
        told = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/closed":
            self.answer(204, b"")
            print(told.decode(), flush=True)
        elif url := URLS.readline():
            self.answer(200, url.strip())
        else:
            over.set()

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def end_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/"
    with tempfile.TemporaryDirectory(prefix="chromium-client-", ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [BROWSER, f"--user-data-dir={profile}", "--remote-debugging-port=0", "--no-proxy-server"]
            # The browser's sandbox does not start as root.
            + (["--no-sandbox"] if os.geteuid() == 0 else [])
            + [page],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent,
        )
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            while not over.wait(0.1):
                if browser.poll() is not None:
                    sys.exit(f"{BROWSER} ended with {browser.returncode}")
        finally:
            browser.terminate()
            browser.wait()


main()
