"""A webhook on loopback: takes what is posted, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """What arrived, and the statuses of the next answers; 200 when there are none."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.requests: list[tuple[int, dict[str, str], dict[str, Any]]] = []
        """(status answered, headers, body)."""
        self.url = ""

    def taken(self) -> list[dict[str, Any]]:
        """Return the bodies that were answered with success."""
        return [body for status, _, body in self.requests if status < 300]


@contextmanager
def hook() -> Iterator[Hook]:
    """Serve a webhook while the block runs."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = made.answers.pop(0) if made.answers else 200
            made.requests.append((status, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Location", made.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}/path-secret"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()
