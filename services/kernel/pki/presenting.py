"""Server certificates that a client must refuse, presented on demand by name (SNI).

`expired.localhost`, `wrong-name.localhost`… are always bad; any name that the sandbox serves can be
made so for a while, for clients whose addresses cannot change. The choice is a file beside the
keys: every process of the installation follows it, from the next connection on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from OpenSSL import SSL

from services.kernel.clock import from_datetime, real_now, to_datetime
from services.kernel.pki import forms
from services.kernel.pki.forms import Authority

YEAR, DAY = timedelta(days=365), timedelta(days=1)
EVERY_NAME = "*"
ANOTHER_NAME = "un-autre-nom.localhost"


class Flaw(StrEnum):
    """What is wrong with a server certificate, on purpose."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    SELF_SIGNED = "self_signed"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"


ALWAYS = {f"{flaw.replace('_', '-')}.localhost": flaw for flaw in Flaw}
"""Names under `localhost`, which everyone's resolver takes for this machine or can be told so."""


class Presenter:
    """What the TLS listeners present to whom; `served`: names that can be chosen."""

    def __init__(
        self, directory: Path, issuer: Authority, served: tuple[str, ...], url: str
    ) -> None:
        self.served = served
        self._path = directory / "presented.json"
        self._issuer = issuer
        self._url = url
        self._stamp = (0, 0)
        self._chosen: dict[str, Flaw] = {}
        self._contexts: dict[tuple[str, Flaw], SSL.Context] = {}

    @property
    def chosen(self) -> Mapping[str, Flaw]:
        """Served name, or EVERY_NAME → what is wrong with its certificate for now."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return {}
        # Times of files move in steps of milliseconds; each choice is a file of its own.
        stamp = found.st_mtime_ns, found.st_ino
        if stamp != self._stamp:
            read = json.loads(self._path.read_bytes())
            self._chosen = {name: Flaw(flaw) for name, flaw in read.items()}
            self._stamp = stamp
        return self._chosen

    def choose(self, name: str, flaw: Flaw | None) -> None:
        """Present a bad certificate for this name from now on, or the good one again (None)."""
        chosen = {each: known for each, known in self.chosen.items() if each != name}
        if flaw is not None:
            chosen[name] = flaw
        forms.write_private(self._path, json.dumps(chosen).encode())
        self._stamp = (0, 0)

    def flaw_of(self, name: str) -> Flaw | None:
        """Of what is presented to who calls this name, "" when none is said."""
        if name in ALWAYS:
            return ALWAYS[name]
        chosen = self.chosen
        return chosen.get(name) or chosen.get(EVERY_NAME)

    def context(self, name: str, flaw: Flaw) -> SSL.Context:
        """Presents the bad certificate of a name."""
        known = name if name in (*ALWAYS, *self.served) else self.served[0]
        if (known, flaw) not in self._contexts:
            self._contexts[known, flaw] = _context(*self._made(known, flaw))
        return self._contexts[known, flaw]

    def revoked(self) -> dict[int, int]:
        """Serial number → instant, of the server certificates that are revoked."""
        at = from_datetime(self._issuer.certificate.not_valid_before_utc)
        names = [name for name, flaw in {**ALWAYS, **self.chosen}.items() if flaw is Flaw.REVOKED]
        return {self._serial(name): at for name in (
            *names, *(self.served if EVERY_NAME in names else ())
        )}

    def _serial(self, name: str) -> int:
        """The same in every process, and at every start."""
        key = forms.authority_key(self._issuer).key_identifier or b""
        return int.from_bytes(hashlib.sha256(key + name.encode()).digest()[:16], "big") >> 1

    def _made(
        self, name: str, flaw: Flaw
    ) -> tuple[ec.EllipticCurvePrivateKey, tuple[x509.Certificate, ...]]:
        """The key, the certificate and what is sent with it."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = (ANOTHER_NAME,) if flaw is Flaw.WRONG_NAME else (name, *forms.ADDRESSES)
        subject = forms.name(names[0], "000000000000000")
        issuer, chain = self._signer(key, flaw)
        built = forms.builder(
            subject, issuer.certificate.subject if chain else subject, key.public_key(),
            *_period(flaw), serial=self._serial(name) if flaw is Flaw.REVOKED else None,
        )
        built = forms.as_leaf(built, issuer, [Usage.SERVER_AUTH], self._url)
        built = built.add_extension(
            x509.SubjectAlternativeName(list(map(forms.general_name, names))), critical=False
        )
        return key, (forms.sign(built, issuer.key), *chain)

    def _signer(
        self, key: ec.EllipticCurvePrivateKey, flaw: Flaw
    ) -> tuple[Authority, tuple[x509.Certificate, ...]]:
        if flaw is Flaw.SELF_SIGNED:
            return Authority(self._issuer.id, self._issuer.certificate, key), ()
        if flaw is not Flaw.UNTRUSTED:
            return self._issuer, (self._issuer.certificate,)
        own = ec.generate_private_key(ec.SECP256R1())
        title = forms.name("AC INCONNUE FICTIVE", "0000 000000000")
        built = forms.builder(title, title, own.public_key(), *_period(flaw))
        names = sorted(map(forms.subtree, self.served))
        made = forms.sign(forms.as_authority(built, 0, names), own)
        return Authority(self._issuer.id, made, own), (made,)


def _context(
    key: ec.EllipticCurvePrivateKey, certificates: tuple[x509.Certificate, ...]
) -> SSL.Context:
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.use_privatekey(key)
    made.use_certificate(certificates[0])
    for each in certificates[1:]:
        made.add_extra_chain_cert(each)
    return made


def _period(flaw: Flaw) -> tuple[datetime, datetime]:
    """On the machine's time, which TLS libraries go by."""
    now = to_datetime(real_now())
    if flaw is Flaw.EXPIRED:
        return now - YEAR, now - DAY
    if flaw is Flaw.NOT_YET_VALID:
        return now + 30 * DAY, now + YEAR
    return now - timedelta(hours=1), now + YEAR
