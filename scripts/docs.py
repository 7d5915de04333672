"""Renews the parts of docs/ that are made from the code: what stands between two marks of one name."""

from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path

import click

from okevents.access.policy import RULES
from okevents.bookings.transitions import TRANSITIONS, Transition
from okevents.cli.backup import backup, restore
from okevents.cli.copying import copy as copy_command
from okevents.cli.health import health
from okevents.cli.main import BOOKINGS as OF_BOOKINGS
from okevents.cli.main import EVENTS as OF_EVENTS
from okevents.cli.main import WEBHOOKS as OF_WEBHOOKS
from okevents.cli.remote import SERVICE
from okevents.cli.settings import reference
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.dead_letter_operations import DEAD_LETTERS
from okevents.http.documents import DOCUMENTS
from okevents.http.operations import BOTH, EVENTS
from okevents.http.problems import STATUS, every_problem
from okevents.http.webhook_operations import WEBHOOKS
from okevents.pages.operations import PAGES

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
    for operation in (*BOTH, *DEAD_LETTERS, *EVENTS, *WEBHOOKS, *BOOKINGS, *DOOR):
        path = operation.path.replace(":path}", "}")
        lines.append(f"| `{operation.method.upper()} {path}` | {operation.summary} | {_who(operation.name)} |")
    lines += [f"| `GET {path}` | {said} | everybody |" for path, said in DOCUMENTS.items()]
    lines += [f"| `{page.method.upper()} {page.path}` | {page.summary} | {_who(page.rule)} |" for page in PAGES]
    return "\n".join(lines)


def service() -> str:
    """The options by which commands find the service that they ask."""
    return _quoted(_help("okevents event list", OF_EVENTS[0], lambda name: name in SERVICE).partition("Options:\n")[2])


def event_commands() -> str:
    """What commands that ask the Events Service say of themselves."""
    return "\n\n".join(_command("event", command) for command in OF_EVENTS)


def booking_commands() -> str:
    """What commands that ask the Booking Service say of themselves."""
    return "\n\n".join(_command("booking", command) for command in OF_BOOKINGS)


def webhook_commands() -> str:
    """What commands about webhooks say of themselves."""
    return "\n\n".join(_command("webhook", command) for command in OF_WEBHOOKS)


def operating_commands() -> str:
    """What some commands that need no running service, or ask it nothing but that, say of themselves."""
    return "\n\n".join(_command("", command, lambda _: True) for command in (health, backup, restore, copy_command))


def decisions() -> str:
    """The title of each."""
    pages = sorted(DOCS.glob("decisions/0*.md"))
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in pages]
    return "\n".join(f"* [{title}]({page.name})" for page, title in zip(pages, titles, strict=True))


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "operations.md": {"settings": reference},
    "bookings.md": {"transitions": transitions},
    "api.md": {"problems": problems},
    "security.md": {"access": access},
    "cli.md": {
        "service": service,
        "event": event_commands,
        "booking": booking_commands,
        "webhook": webhook_commands,
        "operating": operating_commands,
    },
    "decisions/README.md": {"decisions": decisions},
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


def _command(
    group: str, command: click.Command, is_told: Callable[[str | None], bool] = lambda name: name not in SERVICE
) -> str:
    path = " ".join(filter(None, ("okevents", group, command.name)))
    return f"### `{path}`\n\n{_quoted(_help(path, command, is_told))}"


def _help(path: str, command: click.Command, is_told: Callable[[str | None], bool]) -> str:
    """Its `--help`, with some of its options alone, in lines of one length whatever the terminal."""
    told = copy(command)
    told.params = [each for each in command.params if is_told(each.name) or isinstance(each, click.Argument)]
    told.add_help_option = False
    return told.get_help(click.Context(told, info_name=path, terminal_width=100, max_content_width=100))


def _quoted(text: str) -> str:
    return f"```\n{text.rstrip()}\n```"


def _who(operation: str) -> str:
    rule = RULES[operation]
    owner = ", or whose booking it is" if rule.owner else ""
    return "everybody" if rule.scope is None else f"`{rule.scope}`{owner}"


def _row(transition: Transition) -> str:
    before = ", ".join(f"`{state}`" for state in sorted(transition.before)) or "none: it makes one"
    after = " or ".join(f"`{state}`" for state in transition.after)
    tells = ", ".join(sorted(f"`booking.{state}`" for state in transition.after))
    return f"| {transition.command} | {before} | {after} | {transition.route} | {tells} |"


if __name__ == "__main__":
    main()
