-- All that can be booked of an event, with what is taken, as one JSON document.
CREATE TABLE inventories (
  event_id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  document text NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE bookings (
  id text COLLATE "C" PRIMARY KEY,
  event_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  document text NOT NULL
);

-- Secret keys that all processes of the service share.
CREATE TABLE keyring (
  name text PRIMARY KEY,
  key bytea NOT NULL
);

-- Stores each part whole or nothing of it: `committed` has the events of those that were stored, `taken` the answers
-- of the requests that were first under a key. All others met another version. `now` is the database's time.
CREATE FUNCTION commit_parts(parts jsonb, lease double precision) RETURNS jsonb LANGUAGE plpgsql AS $$
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
      INSERT INTO inventories (event_id, version, document)
      SELECT event_id, version, document
      FROM jsonb_to_recordset(parts) AS p(event_id text, expected integer, version integer, document text)
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
    UPDATE inventories i SET version = p.version, document = p.document
    FROM jsonb_to_recordset(parts) AS p(event_id text, expected integer, version integer, document text)
    WHERE i.event_id = p.event_id AND i.version = p.expected AND p.expected > 0 AND p.event_id <> ALL (blocked)
    RETURNING i.event_id
  )
  SELECT coalesce(array_agg(event_id), '{}') INTO changed FROM updated;
  changed := created || changed;

  INSERT INTO bookings (id, event_id, version, document)
  SELECT b.id, p ->> 'event_id', b.version, b.document
  FROM jsonb_array_elements(parts) p,
    jsonb_to_recordset(p -> 'bookings') AS b(id text, version integer, document text)
  WHERE p ->> 'event_id' = ANY (changed)
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document;

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
