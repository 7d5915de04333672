"""Events as the Go program stored them in MongoDB."""

from typing import Any

from bson import Int64, ObjectId

GO_ID = "5a8f0b1c2d3e4f5061728394"


def a_go_document(**changes: Any) -> dict[str, Any]:
    """One that is yet to come."""
    return {
        "_id": ObjectId(GO_ID),
        "name": "best",
        "duration": 120,
        "startdate": Int64(1_924_977_600_000),
        "enddate": Int64(1_924_984_800_000),
        "location": {
            "_id": ObjectId("5a8f0b1c2d3e4f5061728395"),
            "name": "Paris park",
            "address": "11 rue du Bac",
            "country": "France",
            "opentime": 9,
            "closetime": 18,
            "halls": [{"name": "lobby", "location": "first floor", "capacity": 150}],
        },
        **changes,
    }
