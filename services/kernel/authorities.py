"""What verifies the servers that the command line and the scenarios call."""

from __future__ import annotations

import ssl


def authorities(url: str) -> ssl.SSLContext:
    """The context for a client of that address: `httpx.Client(verify=authorities(url))`.

    Of an https address: the usual authorities. Any other needs none: reading them takes longer than
    most calls.
    """
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import httpx

    return httpx.create_ssl_context(trust_env=False)
