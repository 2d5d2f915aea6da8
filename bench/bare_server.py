"""The least a durable OTLP server can do: parse the request, append it to a file, sync, answer.

It has no framing, checksums, flags, limits, metrics or tables: the floor that the receiver's cost is compared with.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class GroupCommit:
    """Appends to one file; whoever comes first writes and syncs for all that wait."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._condition = threading.Condition()
        self._waiting: list[bytes] = []
        self._joined = self._durable = 0
        self._leading = False

    def append(self, body: bytes) -> None:
        """Return when `body` is durable."""
        with self._condition:
            self._waiting.append(body)
            self._joined = mine = self._joined + 1
            while self._leading and self._durable < mine:
                self._condition.wait()
            if self._durable >= mine:
                return
            self._leading = True
            bodies, self._waiting, upto = self._waiting, [], self._joined
        os.write(self._descriptor, b"".join(bodies))
        os.fdatasync(self._descriptor)
        with self._condition:
            self._durable, self._leading = upto, False
            self._condition.notify_all()


def main(folder: Path) -> None:
    """Serve the trace service on a free port until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # in all threads: it is waited for below
    log = GroupCommit(folder / "bare.log")

    def export(body: bytes, _: grpc.ServicerContext) -> bytes:
        ExportTraceServiceRequest.FromString(body)
        log.append(body)
        return b""

    server = grpc.server(ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", 20 << 20)])
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"event": "ready", "grpc": f"127.0.0.1:{port}"}), flush=True)
    signal.sigwait([signal.SIGTERM])
    server.stop(1).wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
