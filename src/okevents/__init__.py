"""okevents: events and bookings, from one command on a laptop to a fleet.

It never sells a place twice and never loses a message.
"""

from importlib.metadata import version

__version__ = version("okevents")
