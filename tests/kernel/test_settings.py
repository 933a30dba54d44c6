"""Command line, then environment, then file; what is no setting is refused."""

from pathlib import Path

import pytest

from services.settings import InvalidSettings, load


def write(path: Path, content: str) -> Path:
    file = path / "socle.toml"
    file.write_text(content)
    return file


def test_the_nearest_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, 'http_port = 1\nsmtp_port = 2\nhost = "::1"\n')
    monkeypatch.setenv("SOCLE_SMTP_PORT", "3")
    monkeypatch.setenv("SOCLE_HOST", "127.0.0.9")
    settings = load(file, host="localhost")
    assert (settings.http_port, settings.smtp_port, settings.host) == (1, 3, "localhost")
    assert load().http_port == 8080


@pytest.mark.parametrize(("content", "said"), [
    ("htp_port = 1", "htp_port"), ("http_port = 70000", "http_port"), ("http_port", "illisible"),
    ("[http_port]", "http_port"), ('data = "\\x"', "illisible"),
])
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InvalidSettings, match=said):
        load(write(tmp_path, content))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="illisible"):
        load(tmp_path / "absent.toml")


def test_a_wrong_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCLE_HTTP_PORT", "beaucoup")
    with pytest.raises(InvalidSettings, match="http_port"):
        load()
