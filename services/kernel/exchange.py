"""One exchange: what came in, what was observed, what goes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from services.kernel import errors
from services.kernel.limits import PARAMETERS
from services.kernel.ports import Caller
from services.kernel.rules import Finding

if TYPE_CHECKING:
    from services.kernel.errors import CatalogueError, Fidelity
    from services.kernel.hosts import Front
    from services.kernel.sandbox import Sandbox
    from services.kernel.staging import Struck
    from services.kernel.tenants import Tenant
    from services.kernel.tls import TlsPeer
    from services.kernel.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes out. `media_type` becomes Content-Type; `headers` may repeat a name (Set-Cookie)."""

    status: int = 200
    body: bytes = b""
    media_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    fidelity: Fidelity | None = None

    @staticmethod
    def json(content: object, status: int = 200, **headers: str) -> Answer:
        """A JSON answer; header names are given with underscores: cache_control="no-store"."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Answer(status, orjson.dumps(content), "application/json", named)


@dataclass(slots=True)
class Exchange:
    """A request on its way through a transaction. `path` is without the tenant prefix;
    `method` is GET for HEAD too.

    `body` is complete and within the transaction's limit. Handlers add to `findings`, set
    `caller` once authenticated and may set `outcome_note`, one line shown in the journal. `error`
    is what the exchange was refused with; a handler that renders a refusal itself sets it.
    `struck` is what the tenant's faults did to it; `tls` is None on plain HTTP; `front` is the
    official test name that the client called, None for our own address; `service` is the id of
    whom the address is.
    """

    id: str
    sandbox: Sandbox
    tenant: Tenant
    transaction: Transaction | None
    method: str
    path: str
    query_string: bytes
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes
    peer: str
    path_params: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    caller: Caller | None = None
    error: CatalogueError | None = None
    outcome_note: str = ""
    struck: Struck | None = None
    tls: TlsPeer | None = None
    front: Front | None = None
    service: str = ""

    def local(self, path: str) -> str:
        """One of our paths as the client sees it on the host that it called: for its pages."""
        return self.front.path(path) if self.front else self.tenant.url_prefix + path

    @property
    def note(self) -> str:
        """The journal's line: what was simulated, then what the transaction said of itself."""
        if self.struck is None:
            return self.outcome_note
        return " ; ".join(filter(None, (str(self.struck), self.outcome_note)))

    def fail_if_struck(self, these: Collection[CatalogueError] = ()) -> None:
        """Raise what a fault refuses this call with, if one does, and if it is one of `these`."""
        refusal = self.struck.refusal if self.struck is not None else None
        if refusal is not None and (not these or refusal.error in these):
            raise refusal

    def header(self, name: str, default: str = "") -> str:
        """First value of a header, case-insensitive, decoded as latin-1."""
        wanted = name.lower().encode("latin-1")
        for key, value in self.raw_headers:
            if key == wanted:
                return value.decode("latin-1")
        return default

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case."""
        return self.header("content-type").split(";", 1)[0].strip().lower()

    @property
    def base_url(self) -> str:
        """Public address of the tenant, no trailing slash: what goes into issuers and links."""
        return self.sandbox.public_url + self.tenant.url_prefix

    @property
    def query(self) -> list[tuple[str, str]]:
        """Query parameters in order, decoded, blanks kept."""
        return _pairs(self.query_string.decode("latin-1"), "la chaîne de requête")

    def form(self) -> list[tuple[str, str]]:
        """Form fields in order. Raises UNSUPPORTED_MEDIA_TYPE or MALFORMED."""
        if self.media_type != "application/x-www-form-urlencoded":
            raise errors.UNSUPPORTED_MEDIA_TYPE(
                at="Content-Type", expected="application/x-www-form-urlencoded",
                found=self.media_type or "(absent)",
            )
        try:
            return _pairs(self.body.decode("utf-8"), "le formulaire")
        except UnicodeDecodeError as error:
            raise errors.MALFORMED(
                "Le formulaire n'est pas de l'UTF-8.", at=f"octet {error.start}"
            ) from error

    def json(self) -> Any:
        """The body as JSON. Raises MALFORMED with the place of the fault."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise errors.MALFORMED(
                f"JSON illisible : {error.msg}",
                at=f"ligne {error.lineno}, colonne {error.colno}", expected="JSON en UTF-8",
            ) from error


def _pairs(text: str, what: str) -> list[tuple[str, str]]:
    if not text:
        return []
    if "%00" in text or "\x00" in text:
        raise errors.MALFORMED("Le caractère nul n'est pas admis.", at=what, found="%00")
    try:
        return parse_qsl(
            text, keep_blank_values=True, max_num_fields=PARAMETERS, errors="strict"
        )
    except ValueError as error:
        raise errors.MALFORMED(f"Impossible de lire {what} : {error}", at=what) from error
