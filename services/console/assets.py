"""What pages are served with: the style sheet, the script, the icon, and the headers of a page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOREVER = "public, max-age=31536000, immutable"

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No inline script or style, nothing from elsewhere, never framed, never cached."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, read once. version: start of its SHA-256, part of its address."""

    name: str
    content: bytes
    media_type: str
    version: str

    @property
    def url(self) -> str:
        return f"/console/static/{self.name}?v={self.version}"

    def answer(self, request: Request) -> Response:
        """The file, or 304; kept for ever when the address carries the version."""
        etag = f'"{self.version}"'
        current = request.query_params.get("v") == self.version
        headers = {
            "ETag": etag, "Cache-Control": FOREVER if current else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def load() -> Mapping[str, Asset]:
    """Every static file by name."""
    return {path.name: _asset(path) for path in sorted(STATIC.iterdir()) if path.is_file()}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:16]
    return Asset(path.name, content, MEDIA_TYPES[path.suffix], version)
