"""`socle rniv`: messages sent, subscriptions kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import Server

MESSAGE = (
    "MSH|^~\\&|GAM|CHU-X|SOCLE|X|20260105||ADT^A28^ADT_A05|7|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8\n"
    "PID|1||7^^^CHU-X&1&N^PI||ADRUN^ZOE^ZOE^^^^L||19751231|F\n"
)


def socle(server: Server, tenant: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli", "rniv", *words, "--url", server.url, "--tenant",
         tenant], capture_output=True, text=True, check=False, timeout=60,
    )


def test_a_message_is_sent_to_the_tenant(server: Server, tenant: str, tmp_path: Path) -> None:
    file = tmp_path / "a28.hl7"
    file.write_text(MESSAGE)
    first, second = (socle(server, tenant, "send", str(file)) for _ in range(2))
    assert (first.returncode, "MSA|AA|7" in first.stdout) == (0, True), first.stderr
    assert f"|SOCLE|t/{tenant}|GAM|" in first.stdout
    assert (second.returncode, "MSA|AE|7" in second.stdout) == (1, True)


def test_subscriptions_come_and_go(server: Server, tenant: str) -> None:
    allowed = json.loads(socle(server, tenant, "allow", "hl7.test", "--json").stdout)
    assert allowed == {"outbound": ["hl7.test"], "abonnements": []}
    made = json.loads(socle(
        server, tenant, "subscribe", "mllp://hl7.test:6661", "--event", "A31", "--json"
    ).stdout)
    assert made["events"] == ["A31"]
    shown = json.loads(socle(server, tenant, "subscriptions", "--json").stdout)
    assert [each["id"] for each in shown["abonnements"]] == [made["id"]]
    assert json.loads(socle(server, tenant, "outbox", "--json").stdout) == {"messages": []}
    assert json.loads(socle(server, tenant, "deliver", "--json").stdout) == {"pending": 0}
    assert json.loads(socle(server, tenant, "unsubscribe", made["id"], "--json").stdout) == {
        "removed": made["id"]
    }
    assert socle(server, tenant, "unsubscribe", made["id"]).returncode == 1
