"""The commands."""

from okevents.cli.main import main

__all__ = ["main"]
