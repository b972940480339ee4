"""Applications that do nothing: what the server alone costs.

`granian --interface asgi bench.nothing:asgi`, `granian --interface rsgi bench.nothing:rsgi`.
"""

from typing import Any


async def asgi(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def rsgi(_scope: Any, protocol: Any) -> None:
    protocol.response_empty(200, [])
