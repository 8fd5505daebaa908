# Echo client in headless Chromium. The program serves chromium-client.html on loopback and starts the browser on it.
# It reads URLs from standard input, one per line, and passes them to the page one after another. It prints what the
# page reports of its `close` events. The program has no closing behavior of its own.
import ctypes
import http.server
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

# Debian's command chromium-headless-shell is a shell script around this executable that does not forward signals.
BROWSER = "/usr/lib/chromium/chromium-headless-shell"
PAGE = pathlib.Path(__file__).with_suffix(".html").read_bytes()
# Unbuffered: a thread that waits for a line would otherwise keep the lock of the buffer forever.
URLS = open(0, "rb", buffering=0)
over = threading.Event()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = PAGE if self.path == "/" else b""
        self.answer(200 if page else 404, page)

    def do_POST(self):
        reported = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/closed":
            self.answer(204, b"")
            print(reported.decode(), flush=True)
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
