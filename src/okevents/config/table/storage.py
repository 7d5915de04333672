"""Where things are stored."""

from pathlib import Path
from typing import Annotated

from okevents.config import parse, urls
from okevents.config.option import Option, Part
from okevents.config.shape import WITH_BOOKINGS, WITH_EVENTS
from okevents.config.table.access import AccessSettings


class StorageSettings(AccessSettings, frozen=True, kw_only=True):
    """The databases. Nothing but the loading of the settings reads `database`: it fills in the two of the services."""

    data: Annotated[
        Path,
        Option(
            part=Part.STORAGE,
            help="Folder of the SQLite files that are used where no database is set.",
            parse=parse.path,
            metavar="FOLDER",
        ),
    ] = Path("data")
    database: Annotated[
        str | None,
        Option(
            part=Part.STORAGE,
            help="The service's database: sqlite:///FILE, postgresql://… or mongodb://…. Under `up` it is the "
            "Events Service's; the Booking Service's has the same name with `_bookings` added.",
            parse=urls.database,
            metavar="URL",
            is_url=True,
        ),
    ] = None
    events_database: Annotated[
        str,
        Option(
            part=Part.STORAGE,
            help="The Events Service's database; goes before `database`.",
            parse=urls.database,
            metavar="URL",
            shapes=WITH_EVENTS,
            default_said="`events.sqlite3` in the data folder",
            is_url=True,
        ),
    ] = ""
    bookings_database: Annotated[
        str,
        Option(
            part=Part.STORAGE,
            help="The Booking Service's database; goes before `database`.",
            parse=urls.database,
            metavar="URL",
            shapes=WITH_BOOKINGS,
            default_said="`bookings.sqlite3` in the data folder",
            is_url=True,
        ),
    ] = ""
