"""The loopback providers in one server."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from tests.providers import anthropic_api, bedrock_api, gates, openai_api


@contextmanager
def serve():
    """Serve in a thread on a free loopback port for the length of the block; yields the URL without a path."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[*openai_api.ROUTES, *anthropic_api.ROUTES, *bedrock_api.ROUTES, *gates.ROUTES])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the providers' server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
