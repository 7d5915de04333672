"""A believable programme of events: invented houses in real cities, with dates to come."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct


class House(Struct, frozen=True):
    """A place where events take place: its halls by name, with what they take."""

    name: str
    address: str
    country: str
    timezone: str
    halls: tuple[tuple[str, str, int], ...]
    kind: str


class Planned(Struct, frozen=True):
    """An event to publish: the body, and the key under which it is the same one."""

    key: str
    body: bytes


HOUSES = (
    House(
        "Sala Miramar",
        "Carrer del Port 18, Barcelona",
        "ES",
        "Europe/Madrid",
        (("Sala gran", "ground floor", 620), ("Sala petita", "first floor", 140)),
        "concert",
    ),
    House(
        "Teatro Azabache",
        "Calle de la Luna 7, Madrid",
        "ES",
        "Europe/Madrid",
        (("Patio", "stalls", 480), ("Anfiteatro", "second floor", 210)),
        "stage",
    ),
    House(
        "Halle am Kanal",
        "Am Kanal 3, Berlin",
        "DE",
        "Europe/Berlin",
        (("Halle 1", "main building", 1800), ("Klub", "cellar", 250)),
        "concert",
    ),
    House(
        "Kongresshaus Elbwiesen",
        "Uferstraße 40, Dresden",
        "DE",
        "Europe/Berlin",
        (("Plenum", "ground floor", 900), ("Raum A", "first floor", 120), ("Raum B", "first floor", 80)),
        "conference",
    ),
    House(
        "Cinéma Le Méridien",
        "12 rue des Tanneurs, Lyon",
        "FR",
        "Europe/Paris",
        (("Salle 1", "ground floor", 230), ("Salle 2", "ground floor", 95)),
        "cinema",
    ),
    House(
        "The Lantern Rooms",
        "4 Quay Street, Bristol",
        "GB",
        "Europe/London",
        (("Main room", "ground floor", 700), ("Loft", "top floor", 160)),
        "concert",
    ),
    House(
        "Harbour Conference Centre",
        "1 Pier Road, Cork",
        "IE",
        "Europe/Dublin",
        (("Auditorium", "level 1", 650), ("Workshop room", "level 2", 60)),
        "conference",
    ),
    House(
        "Orpheum on Seventh",
        "708 Seventh Avenue, Portland",
        "US",
        "America/Los_Angeles",
        (("House", "main floor", 1200), ("Balcony", "upper floor", 380)),
        "stage",
    ),
    House(
        "Prairie Film House",
        "233 Elm Street, Chicago",
        "US",
        "America/Chicago",
        (("Screen 1", "ground floor", 310), ("Screen 2", "ground floor", 120)),
        "cinema",
    ),
    House(
        "Sala del Sol",
        "Avenida Reforma 410, Ciudad de México",
        "MX",
        "America/Mexico_City",
        (("Principal", "planta baja", 1500), ("Terraza", "roof", 200)),
        "concert",
    ),
    House(
        "Kumo Hall",
        "3-14 Sakuramachi, Osaka",
        "JP",
        "Asia/Tokyo",
        (("Large hall", "2F", 840), ("Studio", "B1", 110)),
        "stage",
    ),
    House(
        "Wattle Street Theatre",
        "19 Wattle Street, Melbourne",
        "AU",
        "Australia/Melbourne",
        (("Playhouse", "ground floor", 420), ("Black box", "cellar", 90)),
        "stage",
    ),
)

TITLES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "concert": (("Night of the Brass", "Eleven brass players and no amplifier.", 120),
                ("Tide and Timber", "Folk songs of three coasts.", 105),
                ("The Slow Machines", "Electronic music played by hand.", 150),
                ("Four Hands, Two Pianos", "From Schubert to last week.", 95)),
    "stage": (("The Ferryman's Daughter", "A play in three acts, with one interval.", 140),
              ("Improvised Monday", "Nobody knows what will happen.", 75),
              ("The Cherry Thief", "A comedy for anybody over eight.", 100),
              ("Two Chairs", "A duet for dancers.", 65)),
    "conference": (("Rails and Roads", "Two days on moving people.", 480),
                   ("Small Databases Day", "Talks on data that fits on one machine.", 420),
                   ("Open Harbour Summit", "Ports, ships and the software between them.", 450)),
    "cinema": (("The Lighthouse Keepers", "A documentary, with its director.", 110),
               ("Silent Film, Live Music", "A print of 1926 and a quartet.", 85),
               ("Midnight Double", "Two films that nobody remembers.", 210)),
}  # fmt: skip
STARTS = {"concert": (20, 21), "stage": (19, 20), "conference": (9,), "cinema": (17, 20, 22)}


class Programme:
    """The same seed on the same day gives the same events."""

    def __init__(self, seed: int, today: date | None = None) -> None:
        self._seed = seed
        self._today = today or datetime.now(UTC).date()

    def events(self, count: int) -> Iterator[Planned]:
        """So many, between tomorrow and half a year from now."""
        chance = random.Random(self._seed)  # noqa: S311 - nothing secret
        for number in range(count):
            key = f"demo-{self._seed}-{self._today}-{number}"
            yield Planned(key, json.dumps(self._event(chance), ensure_ascii=False).encode())

    def _event(self, chance: random.Random) -> dict[str, Any]:
        house = chance.choice(HOUSES)
        title, description, minutes = chance.choice(TITLES[house.kind])
        day = self._today + timedelta(days=chance.randint(1, 180))
        start = datetime.combine(day, time(chance.choice(STARTS[house.kind])), ZoneInfo(house.timezone))
        return {
            "name": title,
            "startdate": start.isoformat(),
            "enddate": (start.astimezone(UTC) + timedelta(minutes=minutes)).isoformat(),
            "duration": minutes,
            "description": description,
            "timezone": house.timezone,
            "tags": [house.kind],
            "organiser": house.name,
            "location": {
                "name": house.name,
                "address": house.address,
                "country": house.country,
                "opentime": 8 if house.kind == "conference" else 16,
                "closetime": 24,
                "halls": [
                    {"name": name, "location": where, "capacity": capacity} for name, where, capacity in house.halls
                ],
            },
        }
