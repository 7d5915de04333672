"""What commands print of what strangers sent."""


def printable(text: str) -> str:
    """One line that a terminal can only print, whatever the text holds."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
