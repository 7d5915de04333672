"""Tickets as QR codes (ISO/IEC 18004), black on white whatever they are shown on, with the quiet zone of four modules.

Error correction is M, which survives a crease or a wet thumb; more of it would make the modules smaller.
"""

from io import BytesIO

import segno

QUIET_ZONE = 4
PIXELS = 8
"""For each module, in a PNG: enough for any camera, and a whole number, so edges stay sharp."""


def qr_svg(token: str) -> bytes:
    """An SVG element that fills the place it is given, without an XML declaration; it fits into HTML as it is."""
    drawn = BytesIO()
    _code(token).save(
        drawn,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        omitsize=True,
        xmldecl=False,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    # Without it, a browser blurs the seams of modules at sizes that aren't whole multiples.
    return drawn.getvalue().replace(b"<svg ", b'<svg shape-rendering="crispEdges" ', 1)


def qr_png(token: str) -> bytes:
    """A PNG with one bit for each pixel."""
    drawn = BytesIO()
    _code(token).save(drawn, kind="png", border=QUIET_ZONE, scale=PIXELS)
    return drawn.getvalue()


def _code(token: str) -> segno.QRCode:
    return segno.make_qr(token, error="m")
