"""Streams that go on only when the client says that it has the first part: who reads ahead of the application waits.

A request with `gate NAME` in it has such a stream; `GET /gate/NAME` opens it, and after `PATIENCE_S` it opens by itself.
"""

import asyncio
import json
import re
from collections import defaultdict
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATIENCE_S = 8.0

_opened = defaultdict(asyncio.Event)


async def held(body, parts):
    """Yield the parts; after the first, wait for the gate that the request names."""
    named = re.search(r"gate ([\w-]+)", json.dumps(body))
    for number, part in enumerate(parts):
        if number == 1 and named:
            with suppress(TimeoutError):
                await asyncio.wait_for(_opened[named[1]].wait(), PATIENCE_S)
        yield part


async def _open(request: Request):
    _opened[request.path_params["name"]].set()
    return Response()


ROUTES = [Route("/gate/{name}", _open)]
