"""2D codes, Data Matrix (ECC 200) and QR: drawn as PNG and SVG, and read from a picture.

zxing-cpp and Pillow are imported when first used: most installations never need them. Blocking:
call `read` in a thread.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

Kind = Literal["DataMatrix", "QRCode"]

MOST_PIXELS = 12_000_000
"""Of a picture: an A4 page at 300 dots per inch has 8.7 million. Read from its header, before
anything is decompressed."""
MOST_SIDE = 10_000
MOST_CODES = 20
"""Of one picture; the others are not read."""
PICTURES = ("image/png", "image/jpeg")
QUIET: dict[Kind, int] = {"DataMatrix": 1, "QRCode": 4}
"""Modules that the standards leave white around each code."""


class BadPicture(Exception):
    """It cannot be read; the message is for the user, French."""


class TooLarge(BadPicture):
    """Width and height say that it has too many pixels."""


@dataclass(frozen=True, slots=True)
class Code:
    """A drawn code: rows of modules, `True` is black, without the quiet zone."""

    kind: Kind
    rows: tuple[tuple[bool, ...], ...]

    def png(self, module: int = 6, quiet: int = 0) -> bytes:
        """Black and white. module: pixels of one; quiet: modules around, never below QUIET."""
        from PIL import Image

        margin = max(quiet, QUIET[self.kind])
        side = len(self.rows[0]) + 2 * margin, len(self.rows) + 2 * margin
        pixels = bytearray(b"\xff" * (side[0] * side[1]))
        for y, row in enumerate(self.rows, margin):
            for x, black in enumerate(row, margin):
                if black:
                    pixels[y * side[0] + x] = 0
        drawn = Image.frombytes("L", side, bytes(pixels)).convert("1")
        out = io.BytesIO()
        drawn.resize((side[0] * module, side[1] * module), Image.Resampling.NEAREST).save(
            out, "PNG", optimize=True
        )
        return out.getvalue()

    def svg(self, title: str, module: int = 6, quiet: int = 0, label: str = "") -> str:
        """One path of horizontal runs. title: for those who cannot see it; label: under it."""
        margin = max(quiet, QUIET[self.kind])
        width, height = len(self.rows[0]) + 2 * margin, len(self.rows) + 2 * margin
        below = 5 if label else 0
        path = "".join(
            f"M{start + margin} {y + margin}h{length}v1h-{length}z"
            for y, row in enumerate(self.rows) for start, length in _runs(row)
        )
        text = (
            f'<text x="{width / 2:g}" y="{height + 3.5}" font-family="sans-serif" '
            f'font-size="3.5" text-anchor="middle">{escape(label)}</text>' if label else ""
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + below}" '
            f'width="{width * module}" height="{(height + below) * module}" role="img" '
            f'shape-rendering="crispEdges"><title>{escape(title)}</title>'
            f'<rect width="100%" height="100%" fill="#fff"/><path d="{path}"/>{text}</svg>'
        )


def draw(text: str, kind: Kind) -> Code:
    """The code of a text; a Data Matrix is square, a QR code corrects 15 % (level M)."""
    zxing: Any = _zxing()
    options = {"force_square": True} if kind == "DataMatrix" else {"ec_level": "M"}
    made = zxing.create_barcode(text, getattr(zxing, kind), **options).to_image(
        scale=1, add_quiet_zones=False
    )
    height, width = made.shape
    pixels = bytes(made)
    return Code(kind, tuple(
        tuple(value == 0 for value in pixels[y * width:(y + 1) * width]) for y in range(height)
    ))


def read(picture: bytes, kind: Kind) -> tuple[str, ...]:
    """The texts of the codes of that kind in a PNG or JPEG. Raises BadPicture or TooLarge."""
    zxing: Any = _zxing()
    width, height, grey = _grey(picture)
    view = memoryview(grey).cast("B", shape=(height, width))
    found = zxing.read_barcodes(view, formats=getattr(zxing, kind))
    return tuple(each.bytes.decode("utf-8", "replace") for each in found[:MOST_CODES])


def _grey(picture: bytes) -> tuple[int, int, bytes]:
    """Width, height and one byte per pixel, transparency on white."""
    from PIL import Image

    try:
        opened = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(_too_large()) from error
    except Exception as error:  # whatever the decoder trips over is the picture's fault
        raise BadPicture("Ce n'est pas une image PNG ou JPEG lisible.") from error
    width, height = opened.size
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise TooLarge(f"{_too_large()} ; trouvé : {width} × {height}")
    try:
        seen: Image.Image = opened
        if opened.mode in ("LA", "PA", "RGBA") or "transparency" in opened.info:
            own = opened.convert("RGBA")
            seen = Image.alpha_composite(Image.new("RGBA", own.size, "white"), own)
        elif opened.mode.startswith("I"):  # sixteen bits per pixel
            seen = opened.convert("I").point(lambda value: value / 257)
        return width, height, seen.convert("L").tobytes()
    except Exception as error:
        raise BadPicture("L'image est tronquée ou altérée.") from error


def _too_large() -> str:
    return f"au plus {MOST_PIXELS // 1_000_000} millions de pixels, {MOST_SIDE} de côté"


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """(start, length) of the black runs of a row."""
    start = None
    for place, black in enumerate((*row, False)):
        if black and start is None:
            start = place
        elif not black and start is not None:
            yield start, place - start
            start = None


def _zxing() -> Any:
    import zxingcpp

    return zxingcpp
