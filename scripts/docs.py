"""Renews the parts of docs/ that are made from the code."""

from pathlib import Path

from okevents.cli.settings import reference

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"
BEGIN, END = "<!-- settings -->\n", "<!-- end of settings -->"


def renewed(text: str) -> str:
    """The page with the present table of settings."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n\n{END}{after}"


def main() -> None:
    OPERATIONS.write_text(renewed(OPERATIONS.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"renewed {OPERATIONS}")


if __name__ == "__main__":
    main()
