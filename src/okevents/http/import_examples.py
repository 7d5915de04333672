"""Examples of what is imported, and of what is answered."""

from okevents.events.identity import imported_id
from okevents.events.report import ImportLine

ENTRY = {
    "external_id": "organ-2031",
    "name": "Night of the Organ",
    "startdate": "2031-05-09T20:00:00+02:00",
    "duration": 150,
    "timezone": "Europe/Madrid",
    "location": {"name": "Palau Nou", "country": "ES", "halls": [{"name": "Great hall", "capacity": 420}]},
}

TABLE = """external_id,name,startdate,duration,timezone,location.name,location.country,location.halls
organ-2031,Night of the Organ,2031-05-09T20:00:00+02:00,150,Europe/Madrid,Palau Nou,ES,Great hall=420; Gallery=40
"""

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Programme//EN
BEGIN:VEVENT
UID:organ-2031@example.org
DTSTAMP:20300101T120000Z
DTSTART;TZID=Europe/Madrid:20310509T200000
DURATION:PT2H30M
SUMMARY:Night of the Organ
LOCATION:Palau Nou
END:VEVENT
END:VCALENDAR
"""

IMPORTED = ImportLine(line=1, external_id="organ-2031", event_id=imported_id("", "organ-2031"), outcome="created")
