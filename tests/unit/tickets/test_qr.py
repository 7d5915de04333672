"""QR codes, read again by a decoder that has nothing to do with their maker."""

import re
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from okevents.tickets import open_printer
from okevents.tickets.qr import PIXELS, QUIET_ZONE, qr_png, qr_svg
from tests.tickets import a_signer, claims

TOKENS = [
    a_signer().sign(claims()),
    a_signer().sign(claims(hall="\U0001f39f" * 60, number=1_000_000, issue=1_000_000)),
]


def read(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


def drawn(svg: bytes, scale: int = 6) -> Image.Image:
    """The lines of modules that the path has, on white: only what a code needs of SVG."""
    root = ET.fromstring(svg)  # noqa: S314
    size = int(root.attrib["viewBox"].split()[-1])
    image = Image.new("L", (size * scale, size * scale), 255)
    draw = ImageDraw.Draw(image)
    path = root.findall("{http://www.w3.org/2000/svg}path")[-1].attrib["d"]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        first, *rest = (float(number) for number in re.findall(r"-?[\d.]+", numbers))
        if command == "h":
            draw.rectangle((x * scale, (y - 0.5) * scale, (x + first) * scale - 1, (y + 0.5) * scale - 1), fill=0)
            x += first
        else:
            x, y = (first, rest[0]) if command == "M" else (x + first, y + rest[0])
    return image


@pytest.mark.parametrize("token", TOKENS)
def test_a_reader_sees_the_ticket_in_the_png(token: str) -> None:
    image = Image.open(BytesIO(qr_png(token)))
    (code,) = zxingcpp.read_barcodes(image)
    assert (code.text, code.format) == (token, zxingcpp.BarcodeFormat.QRCode)
    assert code.ec_level in "MQH"


@pytest.mark.parametrize("token", TOKENS)
def test_a_reader_sees_the_ticket_in_the_svg(token: str) -> None:
    assert read(drawn(qr_svg(token))) == [token]


def test_a_reader_sees_it_with_a_stain_on_it() -> None:
    image = Image.open(BytesIO(qr_png(TOKENS[0]))).convert("L")
    middle = image.width // 2
    ImageDraw.Draw(image).ellipse((middle, middle, middle + image.width // 10, middle + image.width // 10), fill=0)
    assert read(image) == [TOKENS[0]]


def test_the_png_is_sharp_and_has_its_quiet_zone() -> None:
    image = Image.open(BytesIO(qr_png(TOKENS[0])))
    assert image.mode == "1"
    inside = image.convert("L").point(lambda value: 255 - value).getbbox()
    edge = QUIET_ZONE * PIXELS
    assert inside == (edge, edge, image.width - edge, image.height - edge)


def test_the_svg_is_black_on_white_whatever_is_behind_it_and_needs_no_style() -> None:
    root = ET.fromstring(qr_svg(TOKENS[0]))  # noqa: S314
    paper, ink = root.findall("{http://www.w3.org/2000/svg}path")
    size = root.attrib["viewBox"].split()[-1]
    assert (paper.attrib["fill"], paper.attrib["d"]) == ("#fff", f"M0 0h{size}v{size}h-{size}z")
    assert ink.attrib["stroke"] == "#000"
    assert ink.attrib["d"].startswith(f"M{QUIET_ZONE} {QUIET_ZONE}.5h7")
    assert root.attrib["shape-rendering"] == "crispEdges"
    assert not re.search(rb"style|width=|height=|<\?|<!|script", qr_svg(TOKENS[0]))


def test_the_room_s_printer_draws_the_same() -> None:
    assert open_printer().svg(TOKENS[0]) == qr_svg(TOKENS[0])
    assert open_printer().png(TOKENS[0]) == qr_png(TOKENS[0])
