-- What bookings are found by. `guest` is the e-mail address whatever its case, `halls` the ids between blanks; times
-- are Unix milliseconds. `ends_ms` and `waiting` are set while it holds places or waits.
ALTER TABLE bookings
  ADD COLUMN number bigint,
  ADD COLUMN state text,
  ADD COLUMN guest text COLLATE "C",
  ADD COLUMN halls text,
  ADD COLUMN created_ms bigint,
  ADD COLUMN ends_ms bigint,
  ADD COLUMN waiting bigint;

-- Those there are get their numbers in the order in which they were made. They are confirmed or cancelled.
WITH numbered AS (
  SELECT id, document::jsonb AS document, row_number() OVER (
    PARTITION BY event_id ORDER BY (document::jsonb ->> 'created_at')::timestamptz, id
  ) AS number FROM bookings
)
UPDATE bookings b SET
  number = n.number,
  state = n.document ->> 'state',
  guest = lower(n.document #>> '{guest,email}'),
  halls = (SELECT ' ' || string_agg(DISTINCT line ->> 'hall_id', ' ') || ' '
    FROM jsonb_array_elements(n.document -> 'lines') line),
  created_ms = floor(extract(epoch FROM (n.document ->> 'created_at')::timestamptz) * 1000),
  document = (n.document || jsonb_build_object('number', n.number, 'confirmation', n.number))::text
FROM numbered n WHERE n.id = b.id;

ALTER TABLE bookings
  ALTER COLUMN number SET NOT NULL,
  ALTER COLUMN state SET NOT NULL,
  ALTER COLUMN guest SET NOT NULL,
  ALTER COLUMN halls SET NOT NULL,
  ALTER COLUMN created_ms SET NOT NULL;
CREATE UNIQUE INDEX bookings_by_number ON bookings (event_id, number);
CREATE INDEX bookings_by_guest ON bookings (guest, event_id, number);
CREATE INDEX bookings_by_end ON bookings (event_id, ends_ms) WHERE ends_ms IS NOT NULL;
CREATE INDEX bookings_by_turn ON bookings (event_id, waiting) WHERE waiting IS NOT NULL;

-- When something is to be done for the event even if nobody asks.
ALTER TABLE inventories ADD COLUMN due_ms bigint;
CREATE INDEX inventories_by_due ON inventories (due_ms) WHERE due_ms IS NOT NULL;
UPDATE inventories i SET document = (document::jsonb || jsonb_build_object(
  'next_number', 1 + (SELECT count(*) FROM bookings b WHERE b.event_id = i.event_id)))::text;

-- Stores each part whole or nothing of it: `committed` has the events of those that were stored, `taken` the answers
-- of the requests that were first under a key. All others met another version. `now` is the database's time.
CREATE OR REPLACE FUNCTION commit_parts(parts jsonb, lease double precision) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  wanted jsonb := (SELECT jsonb_agg(a) FROM jsonb_array_elements(parts) p, jsonb_array_elements(p -> 'answers') a);
  won text[];
  lost text[] := '{}';
  blocked text[] := '{}';
  created text[] := '{}';
  changed text[];
BEGIN
  IF wanted IS NOT NULL THEN
    won := take_keys(wanted);
    SELECT coalesce(array_agg(a ->> 'key'), '{}'), coalesce(array_agg(DISTINCT p ->> 'event_id'), '{}')
    INTO lost, blocked
    FROM jsonb_array_elements(parts) p, jsonb_array_elements(p -> 'answers') a
    WHERE a ->> 'key' <> ALL (won);
  END IF;

  IF parts @? '$[*] ? (@.expected == 0)' THEN
    WITH inserted AS (
      INSERT INTO inventories (event_id, version, due_ms, document)
      SELECT event_id, version, due_ms, document
      FROM jsonb_to_recordset(parts)
        AS p(event_id text, expected integer, version integer, due_ms bigint, document text)
      WHERE expected = 0 AND event_id <> ALL (blocked) ORDER BY event_id COLLATE "C"
      ON CONFLICT (event_id) DO NOTHING RETURNING event_id
    )
    SELECT coalesce(array_agg(event_id), '{}') INTO created FROM inserted;
  END IF;

  PERFORM 1 FROM inventories WHERE event_id IN (
    SELECT p.event_id FROM jsonb_to_recordset(parts) AS p(event_id text, expected integer)
    WHERE expected > 0 AND p.event_id <> ALL (blocked)
  ) ORDER BY event_id FOR UPDATE;
  WITH updated AS (
    UPDATE inventories i SET version = p.version, due_ms = p.due_ms, document = p.document
    FROM jsonb_to_recordset(parts)
      AS p(event_id text, expected integer, version integer, due_ms bigint, document text)
    WHERE i.event_id = p.event_id AND i.version = p.expected AND p.expected > 0 AND p.event_id <> ALL (blocked)
    RETURNING i.event_id
  )
  SELECT coalesce(array_agg(event_id), '{}') INTO changed FROM updated;
  changed := created || changed;

  INSERT INTO bookings (id, event_id, version, number, state, guest, halls, created_ms, ends_ms, waiting, document)
  SELECT b.id, p ->> 'event_id', b.version, b.number, b.state, b.guest, b.halls, b.created_ms, b.ends_ms, b.waiting,
    b.document
  FROM jsonb_array_elements(parts) p,
    jsonb_to_recordset(p -> 'bookings') AS b(id text, version integer, number bigint, state text, guest text,
      halls text, created_ms bigint, ends_ms bigint, waiting bigint, document text)
  WHERE p ->> 'event_id' = ANY (changed)
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, guest = excluded.guest,
    ends_ms = excluded.ends_ms, waiting = excluded.waiting, document = excluded.document;

  PERFORM put_messages((SELECT coalesce(jsonb_agg(m ORDER BY place), '[]')
    FROM jsonb_array_elements(parts) WITH ORDINALITY AS p(p, place), jsonb_array_elements(p -> 'messages') m
    WHERE p ->> 'event_id' = ANY (changed)), lease);
  IF wanted IS NOT NULL THEN
    DELETE FROM answers WHERE key = ANY (won) AND key IN (
      SELECT a ->> 'key' FROM jsonb_array_elements(parts) p, jsonb_array_elements(p -> 'answers') a
      WHERE p ->> 'event_id' <> ALL (changed));
  END IF;
  RETURN jsonb_build_object('committed', changed, 'taken', answers_of(lost),
    'now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
END
$$;
