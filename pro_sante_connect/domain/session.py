"""Sessions, codes and token families. Instants are microseconds on the tenant's clock."""

from __future__ import annotations

from dataclasses import dataclass

from pro_sante_connect.domain.profile import Profile
from services.kernel.clock import SECOND


@dataclass(frozen=True, slots=True)
class Session:
    """A professional's log-in, shared by the clients of one browser.

    id: also `sid` and `session_state`; mode: authMode (CARD, MOBILE); cookie: SHA-256 of the
    browser's cookie, hexadecimal; started: authentication; seen: last log-in or refresh.
    """

    id: str
    id_nat: str
    mode: str
    cookie: str
    started: int
    seen: int

    @property
    def auth_time(self) -> int:
        """Seconds, as the `auth_time` claim."""
        return self.started // SECOND

    def ends(self, profile: Profile) -> int:
        """Second at which the session ends whatever its activity."""
        return self.auth_time + profile.session_seconds

    def is_alive(self, now: int, profile: Profile) -> bool:
        """Within four hours of the log-in and thirty minutes of the last activity."""
        idle = now - self.seen < profile.idle_seconds * SECOND
        return idle and now // SECOND < self.ends(profile)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code: single use, bound to its client, redirect address and challenge.

    digest: SHA-256 of the code, hexadecimal; request_id: the authorization request it answers;
    used: 1 once presented.
    """

    digest: str
    request_id: str
    session_id: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    challenge_method: str
    issued: int
    used: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """What one code gave: a client in a session, and its one valid refresh token (by jti)."""

    id: str
    session_id: str
    client_id: str
    scope: str
    refresh_id: str

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())
