"""A doctor with a card, in the tenant of the test."""

from __future__ import annotations

import httpx
import pytest

from tests.apcv.calls import Doctor


@pytest.fixture
def doctor(api: httpx.Client) -> Doctor:
    return Doctor(api)
