"""The bytes of a session, cut into the transactions that they make."""

from __future__ import annotations

STRANGER_BYTES = 64 * 1024
SESSION_BYTES = 512 * 1024
"""Of an authenticated client, between messages: more than what can arrive at once."""


class Transcript:
    """Records both directions; beyond `limit` the rest of a transaction is dropped."""

    def __init__(self) -> None:
        self.limit = STRANGER_BYTES
        self._received = bytearray()
        self._replied = bytearray()
        self._dropped = 0

    def received(self, data: bytes) -> None:
        room = max(0, self.limit - len(self._received))
        self._received += data[:room]
        self._dropped += len(data) - len(data[:room])

    def replied(self, line: bytes) -> None:
        if len(self._replied) < self.limit:
            self._replied += line

    def take(self, unread: int) -> tuple[bytes, bytes]:
        """What was received and replied since the last call, but for the bytes not yet read."""
        end = len(self._received) - max(0, unread - self._dropped)
        request, response = bytes(self._received[:end]), bytes(self._replied)
        del self._received[:end]
        self._replied.clear()
        self._dropped = 0
        return request, response
