"""What makes signed tickets visible: QR codes, and a page of them."""

from importlib.resources import files

from okevents.bookings.tickets import Asset, TicketSheet
from okevents.tickets.page import tickets_page
from okevents.tickets.qr import qr_png, qr_svg


class HtmlTicketPrinter:
    """Prints by way of a browser."""

    def page(self, sheet: TicketSheet) -> bytes:
        return tickets_page(sheet)

    def asset(self, name: Asset) -> bytes:
        return files(__package__).joinpath("pages", name).read_bytes()

    def svg(self, token: str) -> bytes:
        return qr_svg(token)

    def png(self, token: str) -> bytes:
        return qr_png(token)
