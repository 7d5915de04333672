"""What became of scans that were told later, as clients read it."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from okevents.bookings.door import Scanned
from okevents.bookings.model import Admission
from okevents.http.problems import problem_of
from okevents.kernel.ids import BookingId


class ScanShown(Struct, kw_only=True):
    """`admitted`: let in; `known`: the very same scan was told before; `refused`: `problem` says why, with when and
    where somebody else came in with that ticket, if that is the reason."""

    result: Literal["admitted", "known", "refused"]
    booking_id: BookingId | None
    admission: Admission | None
    problem: dict[str, Any] | None


class ScansShown(Struct, kw_only=True):
    """One entry for each scan, in the order they were sent, and how many of each there are."""

    admitted: int
    known: int
    refused: int
    scans: list[ScanShown]


def encoded_scans(scans: Sequence[Scanned], instance: str) -> bytes:
    """As JSON."""
    shown = [_shown(scan, instance) for scan in scans]
    counts = {result: sum(1 for scan in shown if scan.result == result) for result in ("admitted", "known", "refused")}
    return msgspec.json.encode(ScansShown(**counts, scans=shown))


def _shown(scan: Scanned, instance: str) -> ScanShown:
    if scan.error is not None:
        told = problem_of(scan.error, instance)
        return ScanShown(result="refused", booking_id=scan.booking_id, admission=None, problem=told)
    result: Literal["admitted", "known"] = "known" if scan.was_known else "admitted"
    return ScanShown(result=result, booking_id=scan.booking_id, admission=scan.admission, problem=None)
