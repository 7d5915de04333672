"""The room as a whole: what starting costs, and what its document tells."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tickets import a_signer, claims, part

DOCUMENT = Path(__file__).parents[3] / "docs" / "tickets.md"


def test_libraries_are_not_imported_before_they_are_used() -> None:
    """They take longer than everything else that a start needs of an adapter."""
    program = "import sys, okevents.tickets, okevents.bookings.ticket_keys; print(*sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "okevents.tickets" in imported
    assert {"jwt", "cryptography", "segno", "jinja2"}.isdisjoint(imported)


def test_the_documented_program_verifies_tickets_and_nothing_else() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, Any] = {}
    exec(program, made)  # noqa: S102
    signer = a_signer()
    key_set, token = json.loads(signer.jwks()), signer.sign(claims())
    assert made["verify"](token, key_set) == part(token, 1)
    document = json.loads(signer.sign_document(b"{}"))
    with pytest.raises(ValueError, match="not a ticket"):
        made["verify"](f"{document['protected']}.{document['payload']}.{document['signature']}", key_set)


def test_the_documented_claims_are_those_of_a_ticket() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("| claim | |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(part(a_signer().sign(claims()), 1))
