-- What bookings are found by. `guest` is the e-mail address whatever its case, `halls` the ids between blanks; times
-- are Unix milliseconds. `ends_ms` and `waiting` are set while it holds places or waits.
CREATE TABLE numbered_bookings (
  id TEXT NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  guest TEXT NOT NULL,
  halls TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  ends_ms INTEGER,
  waiting INTEGER,
  document BLOB NOT NULL
) STRICT;

-- Those there are get their numbers in the order in which they were made. They are confirmed or cancelled. Without the
-- Z at their end, instants with and without fractions of a second are in order. `casefold` is Python's.
WITH made AS (
  SELECT id, event_id, version, CAST(document AS TEXT) AS document,
    rtrim(CAST(document AS TEXT) ->> '$.created_at', 'Z') AS created_at
  FROM bookings
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY created_at, id) AS number FROM made
)
INSERT INTO numbered_bookings
SELECT id, event_id, version, number, document ->> '$.state', casefold(document ->> '$.guest.email'),
  (SELECT ' ' || group_concat(line.value ->> '$.hall_id', ' ') || ' ' FROM json_each(document, '$.lines') line),
  unixepoch(created_at) * 1000 + substr(created_at || '.000', 21, 3), NULL, NULL,
  CAST(json_set(document, '$.number', number, '$.confirmation', number) AS BLOB)
FROM numbered;

UPDATE inventories SET document = CAST(json_set(CAST(document AS TEXT), '$.next_number',
  1 + (SELECT count(*) FROM bookings b WHERE b.event_id = inventories.event_id)) AS BLOB);

DROP TABLE bookings;
ALTER TABLE numbered_bookings RENAME TO bookings;
CREATE UNIQUE INDEX bookings_by_number ON bookings (event_id, number);
CREATE INDEX bookings_by_guest ON bookings (guest, event_id, number);
CREATE INDEX bookings_by_end ON bookings (event_id, ends_ms) WHERE ends_ms IS NOT NULL;
CREATE INDEX bookings_by_turn ON bookings (event_id, waiting) WHERE waiting IS NOT NULL;

-- When something is to be done for the event even if nobody asks.
ALTER TABLE inventories ADD COLUMN due_ms INTEGER;
CREATE INDEX inventories_by_due ON inventories (due_ms) WHERE due_ms IS NOT NULL;
