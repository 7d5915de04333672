-- Events as JSON documents, and beside them what they are found by. Times are Unix milliseconds.
CREATE TABLE events (
  id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  starts_ms bigint NOT NULL,
  status text NOT NULL,
  country text NOT NULL,
  largest_hall bigint NOT NULL,
  search_text text NOT NULL,
  document text NOT NULL
);
CREATE INDEX events_by_start ON events (starts_ms, id);
CREATE INDEX events_by_name ON events (name, starts_ms, id);

-- What was last heard of each event's free places.
CREATE TABLE availability (
  event_id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  most_available bigint NOT NULL,
  document text NOT NULL
);

-- Stores each change with its message and its answer, or nothing of it: `committed` has the ids of those that were
-- stored, `taken` the answers of the requests that were first under a key. All others met another version.
CREATE FUNCTION commit_changes(changes jsonb, lease double precision) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  wanted jsonb := (SELECT jsonb_agg(c -> 'answer') FROM jsonb_array_elements(changes) c
                   WHERE jsonb_typeof(c -> 'answer') = 'object');
  won text[];
  lost text[] := '{}';
  blocked text[] := '{}';
  created text[];
  changed text[] := '{}';
BEGIN
  IF wanted IS NOT NULL THEN
    won := take_keys(wanted);
    SELECT coalesce(array_agg(c -> 'answer' ->> 'key'), '{}'), coalesce(array_agg(c ->> 'id'), '{}') INTO lost, blocked
    FROM jsonb_array_elements(changes) c
    WHERE jsonb_typeof(c -> 'answer') = 'object' AND c -> 'answer' ->> 'key' <> ALL (won);
  END IF;

  WITH inserted AS (
    INSERT INTO events (id, version, name, starts_ms, status, country, largest_hall, search_text, document)
    SELECT id, version, name, starts_ms, status, country, largest_hall, search_text, document
    FROM jsonb_to_recordset(changes) AS c(id text, expected integer, version integer, name text, starts_ms bigint,
      status text, country text, largest_hall bigint, search_text text, document text)
    WHERE expected = 0 AND id <> ALL (blocked) ORDER BY id COLLATE "C"
    ON CONFLICT (id) DO NOTHING RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO created FROM inserted;

  IF cardinality(created) < jsonb_array_length(changes) THEN
    PERFORM 1 FROM events WHERE id IN (
      SELECT c.id FROM jsonb_to_recordset(changes) AS c(id text, expected integer)
      WHERE expected > 0 AND c.id <> ALL (blocked)
    ) ORDER BY id FOR UPDATE;
    WITH updated AS (
      UPDATE events e SET version = c.version, name = c.name, starts_ms = c.starts_ms, status = c.status,
        country = c.country, largest_hall = c.largest_hall, search_text = c.search_text, document = c.document
      FROM jsonb_to_recordset(changes) AS c(id text, expected integer, version integer, name text, starts_ms bigint,
        status text, country text, largest_hall bigint, search_text text, document text)
      WHERE e.id = c.id AND e.version = c.expected AND c.expected > 0 AND c.id <> ALL (blocked) RETURNING e.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO changed FROM updated;
  END IF;
  changed := created || changed;

  PERFORM put_messages((SELECT coalesce(jsonb_agg(m ORDER BY place), '[]')
    FROM jsonb_array_elements(changes) WITH ORDINALITY AS c(c, place), jsonb_array_elements(c -> 'messages') m
    WHERE c ->> 'id' = ANY (changed)), lease);
  IF wanted IS NOT NULL THEN
    DELETE FROM answers WHERE key = ANY (won) AND key IN (
      SELECT c -> 'answer' ->> 'key' FROM jsonb_array_elements(changes) c
      WHERE jsonb_typeof(c -> 'answer') = 'object' AND c ->> 'id' <> ALL (changed));
  END IF;
  RETURN jsonb_build_object('committed', changed, 'taken', answers_of(lost));
END
$$;
