"""The ticket adapters: signatures by JOSE, QR codes, and the page to print. Their libraries are imported when used."""

from collections.abc import Mapping

from okevents.bookings.tickets import TicketPrinter, TicketSigner


def open_signer(stored: Mapping[str, bytes]) -> TicketSigner:
    """The signer that has those keys of the keyring. Raises ConfigurationError for names that aren't ticket keys'."""
    from okevents.tickets.keys import KeySet
    from okevents.tickets.signer import JoseTicketSigner

    return JoseTicketSigner(KeySet(stored))


def kids(stored: Mapping[str, bytes]) -> Mapping[str, str]:
    """The id of each of those keys, by its name. Raises ConfigurationError as `signer` does."""
    from okevents.tickets.keys import KeySet

    return KeySet(stored).kids()


def open_printer() -> TicketPrinter:
    """What makes signed tickets visible."""
    from okevents.tickets.printer import HtmlTicketPrinter

    return HtmlTicketPrinter()
