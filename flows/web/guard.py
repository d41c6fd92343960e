"""What stands before every page: who may ask, and the headers that tell a browser what a page may do."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def is_loopback(host: str) -> bool:
    """Whether an address or name can only be reached from this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Guard:
    """Refuses requests that were sent to another name than the server's, and adds :data:`HEADERS` to every answer.

    A page of some site that makes its name point to 127.0.0.1 (DNS rebinding) could otherwise read the corpus through
    the visitor's browser; the Host header still carries the site's name then.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if self._allows(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send_guarded)
        else:
            text = (
                f"This server does not answer to that name: open it as {self._host}, the address it was started on.\n"
            )
            await PlainTextResponse(text, status_code=421)(scope, receive, send_guarded)

    def _allows(self, header: str) -> bool:
        name = _without_port(header).lower()
        if is_loopback(name):
            return True
        if is_loopback(self._host):
            return False
        # Beyond loopback a number cannot be another site's name; of names, only this machine's own are.
        return _is_number(name) or name in {self._host.lower(), socket.gethostname().lower()}


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
