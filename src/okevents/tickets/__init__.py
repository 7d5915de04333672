"""The ticket adapters: signatures by JOSE, QR codes, and the page to print. Their libraries are imported when used."""

from collections.abc import Mapping

from okevents.bookings.tickets import TicketPrinter, TicketSigner


def open_signer(stored: Mapping[str, bytes]) -> TicketSigner:
    """The signer that has those keys of the keyring. Raises ConfigurationError for names that aren't ticket keys'."""
    from okevents.tickets.keys import KeySet
    from okevents.tickets.signer import JoseTicketSigner

    return JoseTicketSigner(KeySet(stored))


def open_printer() -> TicketPrinter:
    """What makes signed tickets visible."""
    from okevents.tickets.printer import HtmlTicketPrinter

    return HtmlTicketPrinter()
