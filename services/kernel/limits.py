"""What a client may take of the HTTP ports: sizes in bytes, times in real seconds.

Listed for users in docs/reference/limits.md; a test holds that page to these values. The body's
size is each transaction's own (`max_body`).
"""

from __future__ import annotations

KIBIBYTE = 1024

TARGET_BYTES = 16 * KIBIBYTE
"""Path and query of a request."""
HEADERS = 100
HEADER_BYTES = 32 * KIBIBYTE
"""Names and values of all the headers of a request."""
HEAD_BYTES = 64 * KIBIBYTE
"""A head that is longer and still has no end is not read on."""
PARAMETERS = 1000
"""Of a query or of a form."""

HANDSHAKE_SECONDS = 10.0
HEAD_SECONDS = 20.0
"""From the first byte of a request to the end of its headers."""
BODY_SECONDS = 120.0
"""From the end of the headers to the end of the body."""
IDLE_SECONDS = 30
"""A connection on which nothing is asked."""
UNREAD_BYTES = 64 * KIBIBYTE
"""What a client reads of an answer, at least, in IDLE_SECONDS."""
SHUTDOWN_SECONDS = 1.0
"""To end TLS politely."""
CONNECTIONS = 400
"""Of one port. When they are all in use, the one that has been idle longest makes room."""
