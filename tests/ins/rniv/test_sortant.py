"""Subscribers are told by MLLP: hl7apy's server receives, and its structures judge what is sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import hl7apy.parser
import httpx
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.mllp import AbstractHandler, MLLPServer

from ins.rniv.wire import sortant
from tests import several
from tests.conftest import Server
from tests.ins.rniv.conftest import ZOE, Store, eventually, identity, matricules

Json = dict[str, Any]
Journal = Callable[..., list[Json]]
DOCTOR = "899900000011"
OUT = {"transaction": "rniv.pam-sortant"}


class Recorder(AbstractHandler):  # type: ignore[misc]
    """Keeps what comes, and answers as asked."""

    def __init__(self, message: str, received: list[str], code: str) -> None:
        super().__init__(message)
        received.append(message)
        self.code = code

    def reply(self) -> str:
        header = self.incoming_message.split("\r")[0].split("|")
        return (f"\x0bMSH|^~\\&|DPI|X|SOCLE|X|20260105||ACK|1|P|2.5\rMSA|{self.code}|{header[9]}\r"
                "\x1c\r")


class Vendor:
    """A vendor's MLLP server. code: MSA-1 of its answers."""

    def __init__(self, code: str = "AA", port: int = 0) -> None:
        self.received: list[str] = []
        handlers = {
            f"ADT^{event}^{structure}": (Recorder, self.received, code)
            for event, structure in (("A28", "ADT_A05"), ("A31", "ADT_A05"), ("A40", "ADT_A39"))
        }
        self.server = MLLPServer("127.0.0.1", port, handlers)
        self.address = f"mllp://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    yield made
    made.close()


def subscribe(store: Store, address: str, **more: Any) -> Json:
    answer = store.api.post("/sandbox/ins/rniv/subscriptions", json={"address": address, **more})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def segments(message: str) -> dict[str, list[str]]:
    return {line[:3]: line.split("|") for line in message.strip("\r\n").split("\r")}


def test_a_subscriber_hears_of_everything_in_order(
    store: Store, vendor: Vendor, journal: Journal
) -> None:
    subscribe(store, vendor.address, application="DPI", etablissement="CHU-X")
    source, target = store.create()["id"], store.create()["id"]
    store.done(source, "flag", attribute="HOMA")
    answer = store.send("POST", "/Patient/$merge", {"resourceType": "Parameters", "parameter": [
        {"name": "source-patient", "valueReference": {"reference": f"Patient/{source}"}},
        {"name": "target-patient", "valueReference": {"reference": f"Patient/{target}"}},
    ]})
    assert answer.status_code == 200
    eventually(lambda: len(vendor.received) == 4)
    events = [segments(each)["MSH"][8].split("^")[1] for each in vendor.received]
    assert events == ["A28", "A28", "A31", "A40"]
    assert segments(vendor.received[0])["MSH"][4:6] == ["DPI", "CHU-X"]
    assert "MRG" in segments(vendor.received[3])
    entries = eventually(lambda: len(found := journal(**OUT)) == 4 and found)
    assert {each["response"]["status"] for each in entries} == {"AA"}
    assert entries[0]["note"].startswith("Abonné mllp://127.0.0.1")
    assert eventually(
        lambda: store.api.get("/sandbox/ins/rniv/outbox").json() == {"messages": []}
    )


def test_only_a_qualified_identity_is_told_with_its_matricule(
    store: Store, vendor: Vendor
) -> None:
    subscribe(store, vendor.address, events=["A31"])
    id = store.create()["id"]
    store.done(id, "ins-retrieve")
    eventually(lambda: len(vendor.received) == 1)
    store.done(id, "validate-identity", document="CN")
    eventually(lambda: len(vendor.received) == 2)
    assert [matricules(each) for each in vendor.received] == [False, True]


def test_what_is_sent_has_the_structure_of_hl7(store: Store, vendor: Vendor) -> None:
    subscribe(store, vendor.address)
    patient = identity(
        *ZOE, telecom=[{"system": "phone", "value": "0102030405"},
                       {"system": "email", "value": "zoe@example.test"}],
        address=[{"line": ["28 av. de Breteuil & cie"], "city": "PARIS", "postalCode": "75007"}],
    )
    patient["name"].append({"use": "usual", "family": "D|URAND^", "given": ["ZO~"]})
    id = store.send("POST", "/Patient", patient).json()["id"]
    store.done(id, "qualify", document="CN")
    eventually(lambda: len(vendor.received) == 3)
    for each in vendor.received:
        standard = "\r".join(line for line in each.split("\r") if not line.startswith("ZFD"))
        message = hl7apy.parser.parse_message(
            standard.strip("\r\n") + "\r", validation_level=VALIDATION_LEVEL.TOLERANT
        )
        message.validate()
        assert message.pid.pid_5[1].xpn_1.value.replace("\\F\\", "|").startswith("D|URAND")


def test_a_message_that_is_refused_is_not_sent_again(store: Store, journal: Journal) -> None:
    vendor = Vendor("AE")
    try:
        subscribe(store, vendor.address)
        store.create()
        [entry] = eventually(lambda: journal(**OUT))
        assert (entry["response"]["status"], entry["outcome"]) == ("AE", "fail")
        assert eventually(
            lambda: store.api.get("/sandbox/ins/rniv/outbox").json() == {"messages": []}
        )
        assert len(vendor.received) == 1
    finally:
        vendor.close()


def test_nobody_there_is_tried_again(store: Store, journal: Journal) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        made = subscribe(store, f"mllp://127.0.0.1:{closed.getsockname()[1]}")
        store.create()
        [entry] = eventually(lambda: journal(**OUT))
        assert "injoignable" in entry["note"]
        assert entry["note"].endswith("essai 1 ; le message attend")
        [waiting] = eventually(
            lambda: [each for each in store.api.get("/sandbox/ins/rniv/outbox").json()["messages"]
                     if each["attempts"]]
        )
        assert waiting["event"] == "A28"
        assert store.api.post("/sandbox/ins/rniv/outbox/deliver", json={}).json() == {"pending": 1}
        path = f"/sandbox/ins/rniv/subscriptions/{made['id']}"
        assert store.api.delete(path).json() == {"removed": made["id"]}
        assert store.api.get("/sandbox/ins/rniv/outbox").json() == {"messages": []}
        assert store.api.delete(path).status_code == 404


def test_a_message_that_is_sent_again_has_the_same_number(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sortant, "PAUSES", (0.0, 0.0))
    mute = Vendor("XX")  # no acknowledgement
    subscribe(store, mute.address)
    store.create()
    eventually(lambda: len(mute.received) == sortant.ATTEMPTS)
    mute.close()
    assert len({segments(each)["MSH"][9] for each in mute.received}) == 1


@several.one_process
def test_what_is_sent_takes_no_id_of_a_seeded_run(
    server: Server, tenant: str, vendor: Vendor, token: Callable[..., str]
) -> None:
    runs = []
    for letter in "ab":
        name = f"{tenant}-{letter}"
        with httpx.Client(base_url=f"{server.url}/t/{name}", trust_env=False) as api:
            api.put("/sandbox/settings", json={"seed": 1}).raise_for_status()
            api.put("/sandbox/clock", json={"freeze": "2026-03-02T12:00:00Z"}).raise_for_status()
            store = Store(api, {"Authorization": f"Bearer {token(DOCTOR, tenant_name=name)}"})
            before = len(vendor.received)
            subscribe(store, vendor.address, application=letter)
            made = [store.create()["id"]]
            if letter == "a":
                eventually(lambda before=before: len(vendor.received) > before)
            made += [store.create()["id"] for _ in range(4)]
            eventually(lambda before=before: len(vendor.received) == before + 5)
            made += [segments(each)["MSH"][9] for each in vendor.received[before:]]
            runs.append(made)
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("address", "reason"), [
    ("mllp://169.254.169.254:2575", "adresse interdite"),
    ("mllp://192.0.2.1:2575", "hôte absent de la liste outbound"),
])
def test_only_allowed_hosts_are_called(
    store: Store, journal: Journal, address: str, reason: str
) -> None:
    subscribe(store, address)
    store.create()
    [entry] = eventually(lambda: journal(**OUT))
    assert reason in entry["note"]


def test_the_sandbox_does_not_call_itself(
    store: Store, journal: Journal
) -> None:
    place = store.api.get("/sandbox/endpoints").json()["mllp"]
    subscribe(store, f"mllp://{place['host']}:{place['port']}")
    store.create()
    [entry] = eventually(lambda: journal(**OUT))
    assert "ne s'appelle pas lui-même" in entry["note"]


def test_subscriptions_are_checked(store: Store) -> None:
    path = "/sandbox/ins/rniv/subscriptions"
    for wrong in ({"address": "http://127.0.0.1:80"}, {"address": "mllp://"},
                  {"address": "mllp://127.0.0.1:1", "events": ["A01"]},
                  {"address": "mllp://127.0.0.1:1", "application": "A\rB"}, {}):
        assert store.api.post(path, json=wrong).status_code == 422, wrong
    allowed = store.api.put(path, json={"outbound": ["hl7.example.test"]}).json()
    assert allowed == {"outbound": ["hl7.example.test"], "abonnements": []}
    assert store.api.get(path).json() == allowed
    for _ in range(20):
        subscribe(store, "mllp://127.0.0.1:1")
    assert store.api.post(path, json={"address": "mllp://127.0.0.1:1"}).status_code == 409
