"""Renews the parts of docs/ that are made from the code: what stands between two marks of one name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from okevents.access.policy import RULES
from okevents.bookings.transitions import TRANSITIONS, Transition
from okevents.cli.settings import reference
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.operations import BOTH, EVENTS
from okevents.http.problems import STATUS, every_problem

DOCS = Path(__file__).parent.parent / "docs"


def transitions() -> str:
    """Every way in which a booking gets from one state to another."""
    lines = ["| command | before | after | asked for by | tells |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(transition) for transition in TRANSITIONS.values())])


def problems() -> str:
    """Every problem that there is, and what it means."""
    lines = ["| status | type | meaning |", "|---|---|---|"]
    known = sorted(every_problem().items(), key=lambda item: (STATUS[item[1].kind], item[0]))
    for slug, kind in known:
        meaning = " ".join((kind.__doc__ or "").split())
        lines.append(f"| {STATUS[kind.kind]} | `{slug}` | {meaning} |")
    return "\n".join(lines)


def access() -> str:
    """Who may do what."""
    lines = ["| what | operation | who |", "|---|---|---|"]
    for operation in (*BOTH, *EVENTS, *BOOKINGS, *DOOR):
        rule = RULES[operation.name]
        owner = ", or whose booking it is" if rule.owner else ""
        who = "everybody" if rule.scope is None else f"`{rule.scope}`{owner}"
        path = operation.path.replace(":path}", "}")
        lines.append(f"| `{operation.method.upper()} {path}` | {operation.summary} | {who} |")
    return "\n".join(lines)


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "operations.md": {"settings": reference},
    "bookings.md": {"transitions": transitions},
    "api.md": {"problems": problems},
    "security.md": {"access": access},
}
"""What is made, by the document and the mark that it stands between."""


def renewed(name: str, text: str) -> str:
    """That document with its present parts."""
    for mark, made in PARTS[name].items():
        begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{made()}\n\n{end}{after}"
    return text


def main() -> None:
    for name in PARTS:
        page = DOCS / name
        page.write_text(renewed(name, page.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"renewed {page}")


def _row(transition: Transition) -> str:
    before = ", ".join(f"`{state}`" for state in sorted(transition.before)) or "none: it makes one"
    after = " or ".join(f"`{state}`" for state in transition.after)
    tells = ", ".join(sorted(f"`booking.{state}`" for state in transition.after))
    return f"| {transition.command} | {before} | {after} | {transition.route} | {tells} |"


if __name__ == "__main__":
    main()
