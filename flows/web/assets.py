"""The static files: read once, named by their content, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from transforms.explain_html import STYLE

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file; ``digest`` changes with its content."""

    content: bytes
    media_type: str
    digest: str


class Assets:
    """All static files by name."""

    def __init__(self) -> None:
        contents = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
        contents["explain.css"] = STYLE.encode()
        self._assets = {name: _asset(name, content) for name, content in contents.items()}

    def address(self, name: str) -> str:
        """Where a page finds a file."""
        return f"/static/{name}?v={self._assets[name].digest}"

    def respond(self, request: Request) -> Response:
        """Answer a request for a file."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response("no such file\n", 404, media_type="text/plain")
        etag = f'"{asset.digest}"'
        headers = {"etag": etag, "cache-control": ASK_AGAIN}
        if request.query_params.get("v") == asset.digest:
            headers["cache-control"] = FOR_EVER
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if etag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, headers=headers, media_type=asset.media_type)


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, TYPES[Path(name).suffix], hashlib.blake2b(content, digest_size=8).hexdigest())
