"""Messages of PAM FR as other systems send them, and what their acknowledgements say."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import hl7
from hl7.client import MLLPClient

INS = "275126322074974^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS^^20260105"
NAME = "ADRUN^ZOE^ZOE^^^^L"
START, END = b"\x0b", b"\x1c\r"


def pid(
    ipp: str = "000003", ins: str = "", name: str = NAME, born: str = "19751231", sex: str = "F",
    place: str = "63220", status: str = "PROV",
) -> str:
    fields = [""] * 34
    fields[0], fields[1] = "PID", "1"
    local = f"{ipp}^^^CHU-X&000897406&N^PI" if ipp else ""
    fields[3] = "~".join(filter(None, (local, ins)))
    fields[5], fields[7], fields[8], fields[32] = name, born, sex, status
    fields[11] = "28 Av de Breteuil^^PARIS^^75007^FRA^H" + (f"~^^^^^^BDL^^{place}" if place else "")
    fields[13] = "^PRN^PH^^^^^^^^^0102030405"
    return "|".join(fields)


@dataclass(frozen=True, slots=True)
class Pam:
    """A tenant's sender."""

    host: str
    port: int
    tenant: str

    def text(
        self, event: str, *segments: str, control: str = "3975", charset: str = "UNICODE UTF-8",
        processing: str = "P", version: str = "2.5^FRA^2.11", kind: str = "ADT",
    ) -> str:
        msh = (
            f"MSH|^~\\&|GAM|CHU-X|SOCLE|t/{self.tenant}|20260105111154||{kind}^{event}^ADT_A05|"
            f"{control}|{processing}|{version}|||||FRA|{charset}|FR"
        )
        return "\r".join((msh, "EVN||20260105111154", *segments)) + "\r"

    def send(self, event: str, *segments: str, **header: str) -> hl7.Message:
        """By python-hl7's client."""
        answer = self.sent(self.text(event, *segments, **header))
        assert answer.startswith(START)
        assert answer.endswith(END)
        return hl7.parse(answer[1:-2].decode("utf-8", "replace"))

    def sent(self, message: str | bytes, encoding: str = "utf-8") -> bytes:
        with MLLPClient(self.host, self.port, encoding=encoding) as client:
            client.socket.settimeout(60)
            answer: bytes = client.send_message(message)
        return answer

    @contextlib.contextmanager
    def connected(self) -> Iterator[socket.socket]:
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            yield connection


def said(answer: hl7.Message) -> tuple[str, str, str]:
    """MSA-1, ERR-3.1, ERR-2 as far as there is an ERR."""
    code = str(answer.segment("MSA")(1))
    if code == "AA":
        return code, "", ""
    error = answer.segment("ERR")
    return code, answer.extract_field("ERR", 1, 3, 1, 1), str(error(2))


def read_frames(connection: socket.socket, count: int) -> list[bytes]:
    received = b""
    while received.count(END) < count:
        data = connection.recv(65536)
        assert data, received
        received += data
    return received.split(END)[:count]
