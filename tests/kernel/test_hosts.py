"""Official test names are served at the root over HTTPS; production names never."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest
from cryptography import x509

from services import app, catalog, installation
from services.kernel.hosts import Front, Hosts, is_official
from services.settings import Settings
from tests.conftest import Server

TEST_NAMES = catalog.hosts()
PRODUCTION = (
    "wallet.esw.esante.gouv.fr", "auth.esw.esante.gouv.fr", "services-ps.ameli.fr",
    "services-ps-tlsm.ameli.fr", "espacedeconfiance.mssante.fr", "gateway.api.esante.gouv.fr",
    "patient.mssante.fr", "www.monespacesante.fr", "esante.gouv.fr", "AUTH.ESW.ESANTE.GOUV.FR.",
)
DISCOVERY = "/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """A client that reaches any name at the sandbox's address, as with an entry in hosts."""
    context = ssl.create_default_context(cafile=server.ca)
    with httpx.Client(verify=context, trust_env=False) as client:
        yield client


def get(browser: httpx.Client, server: Server, host: str, path: str) -> httpx.Response:
    return browser.get(
        server.sandbox.endpoints["https"] + path, headers={"host": host},
        extensions={"sni_hostname": host},
    )


def test_the_names_of_the_dossiers() -> None:
    assert TEST_NAMES == {
        "wallet.bas.psc.esante.gouv.fr": "/psc", "auth.bas.psc.esante.gouv.fr": "/psc",
        "wallet.bas.esw.esante.gouv.fr": "/psc", "auth.bas.esw.esante.gouv.fr": "/psc",
        "qualiflps.services-ps.ameli.fr": "/ins",
        "qualiflps-services-ps-tlsm.ameli.fr": "/ins",
        "qualiflps.ecv-xp.sesam-vitale.fr": "/apcv",
    }


@pytest.mark.parametrize("host", [name for name in TEST_NAMES if "esante" in name])
def test_psc_at_the_root_of_its_test_names(
    browser: httpx.Client, server: Server, host: str
) -> None:
    for name in (host, f"{host}:443", host.upper()):
        answer = browser.get(
            server.sandbox.endpoints["https"] + DISCOVERY, headers={"host": name},
            extensions={"sni_hostname": host},
        )
        engine = host.replace("wallet.", "auth.")
        assert answer.json()["issuer"] == f"https://{engine}/auth/realms/esante-wallet"
    entries = httpx.get(
        f"{server.url}/sandbox/journal", params={"service": "psc"}, trust_env=False
    ).json()["entries"]
    assert DISCOVERY in {each["request"]["path"] for each in entries}
    other = get(browser, server, host, f"/t/other{'/psc' + DISCOVERY}")
    assert other.json()["issuer"].startswith(f"{server.sandbox.public_url}/t/other/psc/")
    assert get(browser, server, host, "/psc" + DISCOVERY).status_code == 200
    assert get(browser, server, host, "/nothing").status_code == 404
    assert get(browser, server, host, "/sandbox/identities").status_code == 404


@pytest.mark.parametrize("host", [name for name in TEST_NAMES if "ameli" in name])
def test_insi_at_the_root_of_its_test_names(
    browser: httpx.Client, server: Server, host: str
) -> None:
    assert get(browser, server, host, "/fhir/metadata").status_code == 200
    assert get(browser, server, host, "/sandbox/identities").status_code == 421


def test_plain_http_has_no_official_name(server: Server) -> None:
    for path in (DISCOVERY, "/sandbox/identities"):
        answer = httpx.get(
            server.url + path, headers={"host": "auth.bas.psc.esante.gouv.fr"}, trust_env=False
        )
        assert answer.status_code == 421


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_names_are_not_served(
    browser: httpx.Client, server: Server, name: str
) -> None:
    for path in (DISCOVERY, "/psc" + DISCOVERY, "/health", "/pki/ca.pem", "/sandbox/identities",
                 "/t/a/psc" + DISCOVERY):
        for address in (server.sandbox.endpoints["https"], server.url):
            answer = browser.get(address + path, headers={"host": name})
            assert (answer.status_code, answer.json()["erreur"]["code"]) == (421, "hote")
    browser.close()
    context = ssl.create_default_context(cafile=server.ca)
    with (
        httpx.Client(verify=context, trust_env=False) as fresh,
        pytest.raises(httpx.ConnectError, match="Hostname mismatch"),
    ):
        get(fresh, server, name, "/health")


def test_production_names_are_not_certified(server: Server) -> None:
    pki = server.sandbox.pki
    served = pki.server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = set(served.get_values_for_type(x509.DNSName))
    assert set(TEST_NAMES) <= names
    assert {name for name in names if is_official(name)} == set(TEST_NAMES)
    for authority in (pki.root, pki.organisations, pki.persons):
        constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        permitted = [each.value for each in constraints.value.permitted_subtrees or ()
                     if isinstance(each, x509.DNSName)]
        assert constraints.critical
        for name in PRODUCTION:
            host = name.lower().rstrip(".")
            assert not [each for each in permitted if host == each or host.endswith(f".{each}")]


@pytest.mark.parametrize("given", [
    {"public_url": "https://auth.esw.esante.gouv.fr"}, {"public_smtp_host": "mssante.fr"},
    {"public_https_url": "https://services-ps.ameli.fr"},
])
async def test_a_production_name_cannot_be_chosen(given: dict[str, str]) -> None:
    settings = Settings(memory=True, http_port=0, https_port=0, smtp_port=0, **given)  # type: ignore[arg-type]
    with pytest.raises(installation.Misconfigured, match="services réels"):
        await app.start(settings)


@pytest.mark.parametrize(("host", "official"), [
    ("esante.gouv.fr", True), ("x.esante.gouv.fr", True), ("Mssante.FR", True),
    ("socle.mssante.fr", False), ("medecin.socle.mssante.fr", False), ("localhost", False),
    ("notgouv.fr", False), ("gouv.fr.example", False), ("", False),
])
def test_official_names(host: str, official: bool) -> None:
    assert is_official(host) is official


@pytest.mark.parametrize(("host", "origin"), [
    ("test.ameli.fr", "https://test.ameli.fr"), ("Test.Ameli.FR.", "https://test.ameli.fr"),
    ("test.ameli.fr:443", "https://test.ameli.fr"),
    ("test.ameli.fr:8443", "https://test.ameli.fr:8443"),
    ("test.ameli.fr:80/evil", "https://test.ameli.fr"), ("test.ameli.fr:", "https://test.ameli.fr"),
])
def test_only_a_known_name_goes_into_addresses(host: str, origin: str) -> None:
    scope = {"headers": [(b"host", host.encode())], "scheme": "https"}
    Hosts({"test.ameli.fr": "/ins"}).place(scope, "/lps")
    assert scope["socle.front"] == Front(origin, "/ins")
    assert Front(origin, "/ins").path("/ins/lps") == "/lps"


@pytest.mark.parametrize(("scheme", "host", "path"), [
    ("http", "test.ameli.fr", "/lps"), ("https", "example.com", "/lps"),
    ("https", "test.ameli.fr", "/t/a/ins/lps"), ("https", "test.ameli.fr", "/ins/lps"),
    ("https", "other.ameli.fr", "/lps"), ("https", "test.ameli.fr.example.com", "/lps"),
])
def test_other_calls_get_our_own_address(scheme: str, host: str, path: str) -> None:
    scope = {"headers": [(b"host", host.encode())], "scheme": scheme}
    Hosts({"test.ameli.fr": "/ins"}).place(scope, path)
    assert "socle.front" not in scope


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    hosts = Hosts({"test.ameli.fr": "/ins"})
    for number in range(5000):
        scope = {"headers": [(b"host", b"h%d" % number)], "scheme": "https"}
        assert hosts.place(scope, "/a") == "/a"
    assert len(hosts._known) <= 1024
    scope = {"headers": [(b"host", b"test.ameli.fr")], "scheme": "https"}
    assert hosts.place(scope, "/lps") == "/ins/lps"
    assert hosts.place({**scope, "scheme": "http"}, "/lps") == "/lps"
