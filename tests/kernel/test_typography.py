"""French typography, and counted words."""

from __future__ import annotations

import pytest

from services.kernel.typography import count, french


@pytest.mark.parametrize(("typed", "printed"), [
    ("Demande d'authentification", "Demande d’authentification"),
    ("INSi : refusé ; pourquoi ?", "INSi\u00a0: refusé\u202f; pourquoi\u202f?"),
    ("« Consultation »", "«\u00a0Consultation\u00a0»"), ("50 %", "50\u202f%"),
    ("extension('x')", "extension('x')"), ("http://a:80/b?c", "http://a:80/b?c"),
    ("déjà l’usage\u00a0: rien", "déjà l’usage\u00a0: rien"), ("", ""),
])
def test_sentences_are_printed(typed: str, printed: str) -> None:
    assert french(typed) == printed
    assert french(printed) == printed


@pytest.mark.parametrize(("number", "words"), [
    (0, "aucun constat"), (1, "1 constat"), (3, "3 constats"),
])
def test_counted_words_agree(number: int, words: str) -> None:
    assert count(number, "constat") == words


def test_each_word_takes_its_s() -> None:
    assert count(2, "ligne délivrée") == "2 lignes délivrées"
    assert count(0, "constat", "Aucun") == "Aucun constat"
