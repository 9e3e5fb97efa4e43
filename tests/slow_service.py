"""A service that takes its time, for tasks that call one."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from podium_process import PATIENCE


@contextmanager
def slow_service():
    """A service that never answers its first call; yields its URL and the calls."""
    calls = threading.Semaphore(0)
    let_go = threading.Event()

    class Service(BaseHTTPRequestHandler):
        seen = 0

        def do_GET(self):
            Service.seen += 1
            is_first = Service.seen == 1
            calls.release()
            if is_first:
                let_go.wait(PATIENCE)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"answer": 42}')

        def log_message(self, *_arguments):
            """The test's output is no access log."""

    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=service.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}/", calls
    finally:
        let_go.set()
        service.shutdown()
        thread.join()
        service.server_close()
