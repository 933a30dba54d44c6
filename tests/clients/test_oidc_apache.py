"""Apache's mod_auth_openidc, unmodified, set as in the ANS's demonstration (dossier §16).

The page behind it is served by a private server on a loopback port, whose processes are ours.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import DOCTOR, Person, running
from tests.conftest import Server
from tests.ports import free_port

pytestmark = pytest.mark.foreign
MODULES = Path("/usr/lib/apache2/modules")
CLIENT = "apache-lps"
CONFIGURATION = """
ServerRoot "{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
# It ends idle connections when it likes, at times under a request that is on its way.
KeepAlive Off
PidFile "{folder}/pid"
DefaultRuntimeDir "{folder}"
Mutex file:{folder}
ErrorLog /dev/stderr
LogLevel warn auth_openidc:info
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule filter_module {modules}/mod_filter.so
LoadModule include_module {modules}/mod_include.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
{user}
StartServers 1
DirectoryIndex index.shtml
TypesConfig /dev/null
AddType text/html .shtml .html
DocumentRoot "{folder}/pages"
OIDCProviderMetadataURL {metadata}
OIDCClientID {client}
OIDCClientSecret {client}
OIDCScope "openid scope_all"
OIDCAuthRequestParams acr_values=eidas1
OIDCPKCEMethod S256
OIDCRedirectURI http://127.0.0.1:{port}/dossiers/retour
OIDCDefaultLoggedOutURL http://127.0.0.1:{port}/parti.html
OIDCCryptoPassphrase essai-essai-essai
OIDCRemoteUserClaim SubjectNameID
OIDCInfoHook access_token access_token_expires id_token userinfo refresh_token
{more}
<Directory "{folder}/pages">
  Require all granted
</Directory>
<Location /dossiers>
  AuthType openid-connect
  Require valid-user
  Options +Includes
  SetOutputFilter INCLUDES
</Location>
"""
PAGE = '<p>Bonjour <!--#echo var="REMOTE_USER" -->, <!--#echo var="OIDC_CLAIM_acr" --></p>'


class Apache:
    """A private server. base: its address; errors: what it says of its clients."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.base = f"http://127.0.0.1:{port}"
        self.page, self.callback = f"{self.base}/dossiers/", f"{self.base}/dossiers/retour"

    def info(self, person: Person) -> dict[str, Any]:
        """What the module knows of the person's session."""
        said = person.browser.get(self.callback, params={"info": "json"})
        assert said.status_code == 200, self.errors
        content: dict[str, Any] = said.json()
        return content

    @property
    def errors(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that Apache's own user can read: that of pytest is for its owner alone."""
    with tempfile.TemporaryDirectory(prefix="socle-apache-") as name:
        made = Path(name)
        made.chmod(0o755)
        (made / "pages" / "dossiers").mkdir(parents=True)
        (made / "pages" / "dossiers" / "index.shtml").write_text(PAGE)
        (made / "pages" / "parti.html").write_text("Au revoir")
        yield made


@pytest.fixture
def apache(
    request: pytest.FixtureRequest, server: Server, tenant: str, api: httpx.Client,
    metadata: str, folder: Path,
) -> Iterator[Apache]:
    """Over HTTP with its secret, or over HTTPS with its secret and its certificate."""
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or not (MODULES / "mod_auth_openidc.so").exists():
        pytest.skip("apache2 and mod_auth_openidc are not installed: scripts/setup-foreign")
    made = Apache(folder, free_port())
    more = ""
    if request.param == "certificate":
        secure = server.sandbox.endpoints["https"]
        metadata = metadata.replace(server.url, secure)
        issued = api.post("/sandbox/certificates", json={"cn": CLIENT, "key": "ec"}).json()
        (folder / "client.pem").write_text(issued["certificate"] + issued["chain"])
        (folder / "client.key").write_text(issued["private_key"])
        shutil.copy(server.ca, folder / "ca.pem")
        (folder / "ca.pem").chmod(0o644)
        more = (f"OIDCCABundlePath {folder}/ca.pem\n"
                f"OIDCClientTokenEndpointCert {folder}/client.pem\n"
                f"OIDCClientTokenEndpointKey {folder}/client.key\n")
        (folder / "client.key").chmod(0o644)  # a key of the sandbox, read by Apache's own user
    api.post("/sandbox/clients", json={
        "client_id": CLIENT, "client_secret": CLIENT, "redirect_uris": [made.callback],
        "post_logout_redirect_uris": [f"{made.base}/parti.html"],
        "backchannel_logout_uri": f"{made.callback}?logout=backchannel",
    }).raise_for_status()
    configuration = folder / "httpd.conf"
    configuration.write_text(CONFIGURATION.format(
        folder=folder, port=made.port, modules=MODULES, metadata=metadata, client=CLIENT,
        user="User www-data\nGroup www-data" if os.geteuid() == 0 else "", more=more,
    ))
    command: list[str | Path] = [program, "-f", configuration, "-D", "FOREGROUND"]
    with running(command, made.port, folder / "log"):
        yield made


both = pytest.mark.parametrize("apache", ["secret", "certificate"], indirect=True)
by_secret = pytest.mark.parametrize("apache", ["secret"], indirect=True)


@both
def test_log_in_renewal_and_log_out(
    apache: Apache, person: Person, findings: Callable[[], dict[str, int]]
) -> None:
    seen = person.log_in(apache.page)
    assert seen.text.strip() == f"<p>Bonjour {DOCTOR}, eidas1</p>", apache.errors
    known = apache.info(person)
    assert known["userinfo"]["SubjectRefPro"]["exercices"][0]["codeProfession"] == "10"
    assert known["userinfo"]["sub"] == known["id_token"]["sub"]
    assert findings() == {}

    renewed = person.browser.get(apache.callback, params={
        "refresh": apache.page, "access_token": known["access_token"],
    })
    assert renewed.headers["location"] == apache.page, apache.errors
    fresh = apache.info(person)
    assert fresh["access_token"] != known["access_token"]
    assert fresh["refresh_token"] != known["refresh_token"]
    assert findings() == {"PSC-REFRESH-SONDAGE": 1}

    left = person.open(f"{apache.callback}?logout={apache.base}/parti.html")
    assert left.text == "Au revoir", apache.errors
    assert "Qui se connecte" in person.open(apache.page).text
    # The module sends no `state` with a log-out.
    assert findings() == {"PSC-REFRESH-SONDAGE": 1, "PSC-DECONNEXION-STATE": 1}


@by_secret
@pytest.mark.parametrize(("profile", "shown"), [
    ("2023-11", ("access_denied", "The user denied the request")),
    # The module (2.4.12) reads an answer with `iss` and no `code` as a choice of provider.
    ("2026", ("target_link_uri",)),
], ids=["2023-11", "2026"])
def test_a_refusal_opens_nothing(
    apache: Apache, person: Person, api: httpx.Client, profile: str, shown: tuple[str, ...]
) -> None:
    api.put("/sandbox/psc", json={"profile": profile}).raise_for_status()
    page = person.open(apache.page)
    seen = person.press(page, "refuse")
    assert dict(httpx.URL(person.visited[-1]).params)["error"] == "access_denied"
    assert all(text in seen.text for text in shown), seen.text
    assert person.browser.get(apache.callback, params={"info": "json"}).status_code == 401


@by_secret
def test_a_log_out_elsewhere_ends_the_session_of_the_module(
    apache: Apache, person: Person, api: httpx.Client, journal: Callable[..., list[dict[str, Any]]]
) -> None:
    person.log_in(apache.page)
    issuer = apache.info(person)["id_token"]["iss"]
    page = person.browser.get(f"{issuer}/protocol/openid-connect/logout")
    sealed = re.search(r'name="request" value="([^"]+)"', page.text)
    assert sealed is not None
    person.browser.post(str(page.url), data={"request": sealed[1]}).raise_for_status()
    while not (told := [each for each in journal(service="psc")
                        if each["protocol"] == "sortant"]):
        continue
    assert told[0]["outcome"] == "pass", apache.errors
    assert "Qui se connecte" in person.open(apache.page).text
