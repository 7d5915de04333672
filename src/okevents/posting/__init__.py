"""Posts to receivers of webhooks, at addresses that are looked at before they are connected to."""

from okevents.posting.poster import HttpPoster

__all__ = ["HttpPoster"]
