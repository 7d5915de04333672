-- Events as JSON documents, and beside them what they are found by. Times are Unix milliseconds.
CREATE TABLE events (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  starts_ms INTEGER NOT NULL,
  status TEXT NOT NULL,
  country TEXT NOT NULL,
  largest_hall INTEGER NOT NULL,
  search_text TEXT NOT NULL,
  document BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_start ON events (starts_ms, id);
CREATE INDEX events_by_name ON events (name, starts_ms, id);

-- What was last heard of each event's free places.
CREATE TABLE availability (
  event_id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  most_available INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;
