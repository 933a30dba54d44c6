"""Both providers, and the whole comparison as one table."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pro_sante_connect.codes import REALM
from tests.oracle.exchanges import PARTS, Play, told
from tests.oracle.sides import BOUND, CIBA, FS, LEFT, OTHER, RETURN, Side
from tests.ports import free_port

FOLDER = Path(__file__).parents[1] / "clients" / "node"
GRANTS = ["authorization_code", "refresh_token"]
CLIENTS: dict[str, dict[str, Any]] = {
    FS[0]: {"flows": [*GRANTS, CIBA]}, OTHER[0]: {"flows": GRANTS},
    BOUND: {"flows": GRANTS, "space": "edc"},
}
Make = Callable[[contextlib.ExitStack], Side]
_numbers = itertools.count(1)


def missing() -> str:
    """Why nothing can be played, or ""."""
    if shutil.which("node") is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return "npm oidc-provider is not installed: scripts/setup-foreign"
    return ""


class Certificates:
    """Of the sandbox's authority, for both: `valid` and `expired` are the client's own."""

    def __init__(self, base: str, folder: Path, opened: contextlib.ExitStack) -> None:
        folder.mkdir(exist_ok=True)
        self._base, self._folder, self._opened = base, folder, opened

    def open(self, kind: str) -> httpx.Client:
        """A software that presents it; "" for none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if kind:
            context.load_cert_chain(self._file(kind))
        return self._opened.enter_context(
            httpx.Client(verify=context, trust_env=False, timeout=30))

    def _file(self, kind: str) -> Path:
        path = self._folder / f"{kind}.pem"
        if not path.exists():
            body = {"variant": "expired" if kind == "expired" else "valid", "key": "ec",
                    "cn": "autre" if kind == "other" else BOUND}
            made = httpx.post(
                f"{self._base}/sandbox/certificates", json=body, trust_env=False).json()
            path.write_text(made["private_key"] + made["certificate"] + made["chain"])
        return path


def ours(base: str, secure: str, folder: Path) -> Make:
    """A fresh tenant each time, on PSC's own face, its e-CPS answering by itself."""

    def make(opened: contextlib.ExitStack) -> Side:
        number = next(_numbers)
        space = f"/t/oracle-{number}"
        api = opened.enter_context(
            httpx.Client(base_url=base + space, trust_env=False, timeout=30))
        for client_id, members in CLIENTS.items():
            api.post("/sandbox/clients", json={
                "client_id": client_id, "client_secret": client_id, "redirect_uris": [RETURN],
                "post_logout_redirect_uris": [LEFT], **members}).raise_for_status()

        def ecps(mode: str) -> None:
            api.put("/sandbox/ecps", json={"mode": mode}).raise_for_status()

        def act(action: str) -> None:
            latest = api.get("/sandbox/ecps/requests").json()["requests"][0]["id"]
            api.post(f"/sandbox/ecps/requests/{latest}", json={"action": action})

        def refuse() -> dict[str, str]:
            ecps("refuse")
            return {}

        certificates = Certificates(base + space, folder / str(number), opened)
        about = api.get(f"{REALM}/.well-known/wallet-openid-configuration").json()
        return Side(
            about, certificates.open, lambda url: url.replace(base, secure, 1), act, refuse,
            lambda: ecps("manual"),
        )

    return make


@contextlib.contextmanager
def peer(authority: str, issuer_of_certificates: str, folder: Path) -> Iterator[Make]:
    """npm oidc-provider on a port of its own; a browser of its own each time."""
    port = free_port()
    _self_signed(folder / "server.pem")
    process = subprocess.Popen(
        ["node", FOLDER / "oidc_provider.mjs", str(port), folder / "server.pem", authority],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"https://127.0.0.1:{port}"
    try:
        with contextlib.ExitStack() as opened:
            client = Certificates(issuer_of_certificates, folder, opened).open("")
            about = _when_ready(client, f"{base}/.well-known/openid-configuration")

        def make(opened: contextlib.ExitStack) -> Side:
            certificates = Certificates(issuer_of_certificates, folder, opened)

            def act(action: str) -> None:
                certificates.open("").get(f"{base}/oracle/device?action={action}")

            return Side(
                about, certificates.open, lambda url: url, act,
                lambda: {"login_hint": "refuse"}, lambda: None,
            )

        yield make
    finally:
        process.terminate()
        process.wait(20)


def _when_ready(client: httpx.Client, url: str) -> dict[str, Any]:
    for _ in range(600):
        with contextlib.suppress(httpx.ConnectError):
            content: dict[str, Any] = client.get(url).json()
            return content
        time.sleep(0.05)
    raise RuntimeError("oidc-provider did not start")


def _self_signed(path: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))


def played(here: Make, there: Make) -> dict[tuple[str, str], tuple[str, str]]:
    """(part, exchange) → what each answers."""
    return {
        (part, name): (_play(here, part, play), _play(there, part, play))
        for part, plays in PARTS.items() for name, play in plays.items()
    }


def _play(make: Make, part: str, play: Play) -> str:
    with contextlib.ExitStack() as opened:
        side = make(opened)
        if part == "CIBA":
            side.by_hand()
        return told(play(side))
