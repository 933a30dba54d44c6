"""The sentence of a refusal is found in each dialect, and nothing is made of other bytes."""

from __future__ import annotations

import pytest

from services.console.refusals import reason


@pytest.mark.parametrize(("body", "sentence"), [
    ('{"issue":[{"diagnostics":"Le titre manque."},{"diagnostics":"Autre."}]}', "Le titre manque."),
    ('{"error":"invalid_grant","error_description":"Code not valid"}', "Code not valid"),
    ('{"erreur":{"code":"x","details":"Champ absent."}}', "Champ absent."),
    ('{"erreur":{"code":"x"}}', ""), ('{"issue":[]}', ""), ('{"issue":{}}', ""), ("[1]", ""),
    ('{"erreur":"x"}', ""), ('{"error_description":1}', ""), ("<html>", ""), ("", ""),
])
def test_the_reason_is_read(body: str, sentence: str) -> None:
    response = f"HTTP/1.1 400\r\ncontent-type: application/json\r\n\r\n{body}"
    assert reason(response.encode()) == sentence


def test_a_reply_that_is_not_http_has_none() -> None:
    assert reason(b"550 5.7.1 Refuse\r\n") == ""
