"""Whatever is sent to an address, the answer is one that its OpenAPI page tells, and no 5xx."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from services import app, catalog
from services.scenarios.login import access_token
from services.settings import Settings

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

# It imports the rest as it goes, deep in a call; pytest then rewrites it at a depth where
# CPython 3.11's parser fails.
for module in pkgutil.walk_packages(schemathesis.generation.__path__, "schemathesis.generation."):
    importlib.import_module(module.name)

pytestmark = pytest.mark.foreign
EXAMPLES = 6
ENDLESS = {"GET /sandbox/journal/stream"}
CONTROL = "/sandbox/openapi.json"
SERVICES = [f"/docs/{each.id}/openapi.json" for each in catalog.load().values() if each.prefixes]


@dataclass(frozen=True, slots=True)
class Ground:
    """An installation of these tests' own: its tenants come and go."""

    url: str
    token: str


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    wanted = Settings(memory=True, http_port=0, https_port=0, smtp_port=0)
    running = asyncio.run_coroutine_threadsafe(app.start(wanted), loop).result(60)
    url = running.sandbox.public_url
    people = httpx.get(f"{url}/sandbox/identities", trust_env=False).json()
    doctor = people["professionals"][0]["id_nat"]
    yield Ground(url, access_token(url, "services", doctor))
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(120)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.mark.parametrize(("page", "known"), [
    (CONTROL, False), *((page, known) for page in SERVICES for known in (False, True)),
])
def test_answers_are_those_of_the_page(ground: Ground, page: str, known: bool) -> None:
    control = page == CONTROL
    document = httpx.get(ground.url + page, trust_env=False).raise_for_status().json()
    headers = {"Authorization": f"Bearer {ground.token}"} if known else {}
    # What is asked of the control API, faults for example, is not for the services.
    base = f"{ground.url}/t/{'controle' if control else 'services'}"
    tried = 0
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if operation.label in ENDLESS:
            continue
        tried += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try_out(operation, mode, base, headers, strict=control)
    entries = httpx.get(
        f"{base}/sandbox/journal", params={"limit": 1000}, trust_env=False, timeout=60
    ).json()["entries"]
    assert not [each for each in entries if each["outcome"] == "error"]
    assert tried == sum(len(methods) for methods in document["paths"].values()) - (
        len(ENDLESS) if control else 0
    )


def try_out(
    operation: Any, mode: Any, base: str, headers: dict[str, str], *, strict: bool
) -> None:
    """strict: the bodies of answers are described too."""
    checks = [status_code_conformance]
    if "xml" not in "".join(operation.get_request_payload_content_types()):
        checks.append(not_a_server_error)  # a SOAP fault is a 500
    if strict:
        checks += [content_type_conformance, response_schema_conformance]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        response = case.call(base_url=base, headers=headers, timeout=120, allow_redirects=False)
        case.validate_response(response, checks=checks)

    try:
        answered()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be wrong with it
