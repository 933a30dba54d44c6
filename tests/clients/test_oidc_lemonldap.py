"""LemonLDAP::NG, unmodified, as the relying party: its portal logs in by Pro Santé Connect.

Metadata and keys are pasted into its configuration, as its documentation tells (dossier §16).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import DOCTOR, Person, running
from tests.ports import free_port

pytestmark = pytest.mark.foreign
PORTAL = Path("/usr/share/perl5/Lemonldap/NG/Portal/Auth/OpenIDConnect.pm")
PROGRAM = Path(__file__).parent / "perl" / "lemonldap.psgi"
CLIENT = "lemonldap-lps"
READ = {"id_nat": "SubjectNameID", "nom": "family_name", "sector": "Secteur_Activite"}


class Portal:
    """A portal of its own. base: its address."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.base = f"http://127.0.0.1:{port}/"
        self.callback = f"{self.base}?openidconnectcallback=1"

    def sessions(self) -> list[dict[str, Any]]:
        """What it keeps of those who are logged in, and so hands to applications."""
        kept = [json.loads(each.read_text()) for each in (self.folder / "sessions").iterdir()
                if each.is_file()]
        return [each for each in kept if each["_session_kind"] == "SSO"]


def configuration(portal: Portal, metadata: str) -> dict[str, Any]:
    """The least that its portal starts with, and one provider."""
    folder = portal.folder
    document = httpx.get(metadata, trust_env=False)
    keys = httpx.get(document.json()["jwks_uri"], trust_env=False)
    return {
        "cfgNum": 1, "cfgDate": 1, "portal": portal.base, "domain": "127.0.0.1", "key": "essai",
        "securedCookie": 0, "requireToken": 0, "whatToTrace": "id_nat",
        "authentication": "OpenIDConnect", "userDB": "Same", "passwordDB": "Null",
        "templateDir": "/usr/share/lemonldap-ng/portal/templates", "staticPrefix": "/static",
        "captcha_mail_enabled": 0, "captcha_register_enabled": 0,
        "locationRules": {}, "exportedHeaders": {}, "localSessionStorage": "",
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {
            "Directory": f"{folder}/sessions", "LockDirectory": f"{folder}/locks",
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        },
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {
            "Directory": f"{folder}/locks", "LockDirectory": f"{folder}/locks",
        },
        "oidcOPMetaDataJSON": {"psc": document.text}, "oidcOPMetaDataJWKS": {"psc": keys.text},
        "oidcOPMetaDataExportedVars": {"psc": READ},
        "oidcOPMetaDataOptions": {"psc": {
            "oidcOPMetaDataOptionsClientID": CLIENT, "oidcOPMetaDataOptionsClientSecret": CLIENT,
            "oidcOPMetaDataOptionsScope": "openid scope_all",
            "oidcOPMetaDataOptionsAcrValues": "eidas1",
            "oidcOPMetaDataOptionsTokenEndpointAuthMethod": "client_secret_post",
            "oidcOPMetaDataOptionsCheckJWTSignature": 1, "oidcOPMetaDataOptionsUseNonce": 1,
            "oidcOPMetaDataOptionsStoreIDToken": 1, "oidcOPMetaDataOptionsUserAttribute": "sub",
        }},
    }


@pytest.fixture
def portal(tmp_path: Path, metadata: str, api: httpx.Client) -> Iterator[Portal]:
    plackup = shutil.which("plackup")
    if plackup is None or not PORTAL.exists():
        pytest.skip("LemonLDAP::NG's portal is not installed: scripts/setup-foreign")
    made = Portal(tmp_path, free_port())
    for name in ("conf", "sessions", "locks"):
        (tmp_path / name).mkdir()
    (tmp_path / "ini").write_text("[all]\n")
    (tmp_path / "conf" / "lmConf-1.json").write_text(json.dumps(configuration(made, metadata)))
    api.post("/sandbox/clients", json={
        "client_id": CLIENT, "client_secret": CLIENT, "redirect_uris": [made.callback],
        "post_logout_redirect_uris": [f"{made.base}?logout=1"],
    }).raise_for_status()
    command: list[str | Path] = [
        plackup, "--env", "deployment", "--host", "127.0.0.1", "--port", str(made.port), PROGRAM,
    ]
    with running(command, made.port, tmp_path / "log", {"LLNG_FOLDER": str(tmp_path)}):
        yield made


def test_log_in_and_log_out(
    portal: Portal, person: Person, findings: Callable[[], dict[str, int]]
) -> None:
    seen = person.log_in(portal.base)
    assert seen.status_code == 200
    kept = portal.sessions()
    assert [each["id_nat"] for each in kept] == [DOCTOR], (portal.folder / "log").read_text()
    assert (kept[0]["nom"], kept[0]["sector"]) == ("EXEMPLAIRE", "SA07^1.2.250.1.71.4.2.4")
    assert findings() == {"PSC-PKCE": 1}  # it has none in this version

    left = person.open(f"{portal.base}?logout=1")
    assert left.status_code == 200
    assert portal.sessions() == []
    assert "Qui se connecte" in person.open(portal.base).text
    # Its log-out names the session by its ID token, and has no `state`.
    assert findings() == {"PSC-PKCE": 2, "PSC-DECONNEXION-STATE": 1}


def test_a_refusal_opens_nothing(portal: Portal, person: Person) -> None:
    page = person.open(portal.base)
    seen = person.press(page, "refuse")
    assert 'trmsg="106"' in seen.text  # its own message of an error of the provider
    assert "Error returned by psc Provider: access_denied" in (portal.folder / "log").read_text()
    assert portal.sessions() == []
