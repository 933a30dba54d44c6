"""A long validation holds nobody up: neither other exchanges nor what they have validated."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from services import app
from services.fhir.validating import LARGE, shared_validator
from services.settings import Settings
from tests.fhir.validation.test_fidelity import patient

PATH = "/ins/fhir/Patient/$validate"


async def test_others_are_answered_while_a_large_resource_is_validated() -> None:
    running = await app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    large: dict[str, Any] = patient() | {"contact": [{"name": {"text": "E" * LARGE}}]}
    try:
        async with httpx.AsyncClient(
            base_url=running.sandbox.public_url, trust_env=False, timeout=60
        ) as client:
            with shared_validator(running.sandbox)._lock:  # as the thread of a large one holds it
                waiting = asyncio.create_task(client.post(PATH, json=large))
                answer = await client.post(PATH, json=patient())
                assert answer.json()["resourceType"] == "OperationOutcome"
                assert not waiting.done()
            assert (await waiting).json()["resourceType"] == "OperationOutcome"
    finally:
        await running.stop()
