"""Where a setting's value comes from: command line over environment over TOML file over default."""

from collections.abc import Mapping, Set
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from msgspec import Struct

from okevents.bookings.rules import Rules
from okevents.config import parse, urls
from okevents.config.file import FILE_VARIABLE, PROFILES, content, is_there
from okevents.config.option import Option
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.errors import ConfigurationError
from okevents.observability.masking import masked

PREFIX = "OKEVENTS_"
_OF_CLIENTS = ("OKEVENTS_URL", "OKEVENTS_EVENTS_URL", "OKEVENTS_BOOKINGS_URL", "OKEVENTS_PROFILE", "OKEVENTS_SECRET")
_NOT_OURS = ("OKEVENTS_TEST_", "OKEVENTS_REQUIRE_", "OKEVENTS_TOKEN", *_OF_CLIENTS, FILE_VARIABLE)


class Loaded(Struct, frozen=True):
    """The settings, and for each where its value came from."""

    settings: Settings
    sources: Mapping[str, str]

    @property
    def stored(self) -> Shape:
        """Whose databases there are: both services', or one's alone, where the other's is neither named nor a file in
        the data folder."""
        services = (Shape.EVENTS, Shape.BOOKINGS)
        named = [each for each in services if self.sources[f"{each}_database"] != "default"]
        if len(named) != 1 or any(is_there(_file(self.settings.data, each)) for each in services if each not in named):
            return Shape.UP
        return named[0]


def options() -> dict[str, Option]:
    """The table: each setting's name and what is said of it, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in Settings.__struct_fields__}


def load(
    shape: Shape,
    command_line: Mapping[str, object],
    environment: Mapping[str, str],
    *,
    file: Path | None = None,
    folder: Path | None = None,
) -> Loaded:
    """Raises ConfigurationError with every fault there is, each a sentence."""
    faults: list[str] = []
    said_in_file = _from_file(file, folder or Path(), environment, faults)
    given = {**(said_in_file or {}), **_from_environment(environment, faults)}
    given |= {name: (value, _flag(name)) for name, value in command_line.items() if value is not None}
    unclear = options().keys() - given.keys() if said_in_file is None else set()
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, option in options().items():
        if name in given:
            value, source = given[name]
            try:
                values[name], sources[name] = option.parse(value), source
            except ValueError as error:
                faults.append(f"{source}: {masked(repr(value))}; {error}")
                unclear.add(name)
        elif shape in option.defaults:
            values[name], sources[name] = option.defaults[shape], "default"
        else:
            sources[name] = "default"
    _place_databases(shape, values, sources, unclear)
    faults += _faults_together(shape, values, unclear)
    if faults:
        raise ConfigurationError(faults)
    return Loaded(Settings(**values), sources)


def _from_file(
    file: Path | None, folder: Path, environment: Mapping[str, str], faults: list[str]
) -> dict[str, tuple[object, str]] | None:
    """What it says; None where it should say something and can't be read."""
    try:
        found = content(file, folder, environment)
    except ValueError as error:
        faults.append(str(error))
        return None
    given: dict[str, tuple[object, str]] = {}
    for key, value in found.values.items():
        name = key.replace("-", "_")
        if name in options():
            given[name] = value, f"{key} in {found.path}"
        elif key != PROFILES:
            faults.append(f"{key} in {found.path} isn't a setting{_meant(name, '-')}")
    return given


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> dict[str, tuple[object, str]]:
    given: dict[str, tuple[object, str]] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(_NOT_OURS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in options():
            given[name] = value, variable
        else:
            faults.append(f"{variable} isn't a setting{_meant(name, '_', PREFIX)}")
    return given


def _meant(name: str, separator: str, prefix: str = "") -> str:
    close = get_close_matches(name, options(), n=1)
    if not close:
        return "; `okevents config` lists them"
    said = f"{prefix}{close[0].upper()}" if prefix else close[0].replace("_", separator)
    return f"; did you mean {said}?"


def _place_databases(shape: Shape, values: dict[str, Any], sources: dict[str, str], unclear: Set[str]) -> None:
    """Each service's database: its own setting, else the common one, else a file in the data folder.

    None where what decides it is unclear.
    """
    data: Path = values.get("data", Path("data"))
    common: str | None = values.get("database")
    for service in ("events", "bookings"):
        name = f"{service}_database"
        if name in values or name in unclear or "database" in unclear or (common is None and "data" in unclear):
            continue
        if common is None:
            values[name], sources[name] = urls.sqlite_url(_file(data, service)), "default"
            continue
        is_beside = service == "bookings" and shape is not Shape.BOOKINGS
        values[name] = urls.beside(common, "_bookings") if is_beside else common
        sources[name] = sources["database"]


def _faults_together(shape: Shape, values: Mapping[str, Any], unclear: Set[str]) -> list[str]:
    """What is wrong with settings that are right each by itself. Nothing is said of those that are `unclear`."""
    faults: list[str] = []
    host = values.get("host", "127.0.0.1")
    access = values.get("access")
    is_open = access == "open" or (access is None and not values.get("jwt_issuers"))
    is_clear = not unclear & {"host", "insecure", "access", "jwt_issuers"}
    if is_clear and is_open and not parse.is_loopback(host) and not values.get("insecure", False):
        faults.append(
            f"host is {host!r}, where everything would be open to the whole network; say --access required, and make "
            "a token with `okevents tokens create`, or say --insecure"
        )
    files = {"tls_certificate", "tls_key"}
    if not unclear & files and len(files & values.keys()) == 1:
        faults.append("tls-certificate and tls-key belong together; set both of them or neither")
    broker = values.get("broker", "local:" if shape is Shape.UP else "")
    if "broker" not in unclear and shape is not Shape.UP and broker in ("", "local:"):
        said = "isn't set" if not broker else "is local:, which doesn't leave its process"
        faults.append(f"the broker {said}; a service of its own meets the other on --broker amqp://host/")
    settings = Settings(**values)
    places = [urls.place(values[name]) for name in ("events_database", "bookings_database") if name in values]
    if shape is Shape.UP and len(places) == 2 and places[0] == places[1]:
        faults.append("both services are given one database; each needs one of its own")
    if not unclear & {"max_wait", "request_timeout"} and settings.max_wait >= settings.request_timeout:
        faults.append("max-wait isn't shorter than request-timeout, in which the write must be done too")
    faults += [
        f"{said}; set one of them otherwise"
        for names, is_wrong, said in _contradictions(settings.rules)
        if is_wrong and not unclear & names
    ]
    return faults


def _contradictions(rules: Rules) -> list[tuple[Set[str], bool, str]]:
    """The settings, whether they contradict each other, and how."""
    hold, max_hold, hold_limit = rules.hold, rules.max_hold, rules.hold_limit
    return [
        ({"hold", "max_hold"}, hold > max_hold, "hold is longer than max-hold, the longest that a request may ask for"),
        (
            {"max_hold", "hold_limit"},
            max_hold > hold_limit,
            "max-hold is longer than hold-limit, the longest hold in total",
        ),
        ({"min_offer", "offer"}, rules.min_offer > rules.offer, "min-offer is longer than offer"),
    ]


def _file(data: Path, service: str) -> Path:
    """Where a service's database is, if nothing else is said."""
    return data / f"{service}.sqlite3"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
