-- All that can be booked of an event, with what is taken, as one JSON document.
CREATE TABLE inventories (
  event_id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;

CREATE TABLE bookings (
  id TEXT NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;

-- Secret keys that all processes of the service share.
CREATE TABLE keyring (
  name TEXT PRIMARY KEY,
  key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
