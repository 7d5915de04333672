"""The compose file names settings that there are, as far as can be seen without Docker's engine."""

from pathlib import Path

import yaml

from okevents.config.load import load
from okevents.config.shape import Shape

COMPOSE = Path(__file__).parent.parent.parent / "compose.yaml"


def test_the_services_are_given_settings_that_they_take() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for shape in (Shape.EVENTS, Shape.BOOKINGS):
        service = services[shape.value]
        settings = load(shape, {}, service["environment"], folder=Path("/nowhere")).settings
        assert service["command"] == [shape.value]
        assert service["ports"] == [f"127.0.0.1:{settings.port}:{settings.port}"]
        assert set(service["depends_on"]) <= set(services)
