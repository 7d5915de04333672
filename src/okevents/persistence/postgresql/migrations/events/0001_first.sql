-- Answers to requests with an idempotency key, committed with the change that they tell of. Text, not jsonb: they are
-- given again byte for byte.
CREATE TABLE answers (
  key text COLLATE "C" PRIMARY KEY,
  fingerprint text NOT NULL,
  subject text NOT NULL,
  version integer NOT NULL,
  body text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX answers_by_age ON answers (kept_at);

-- Messages that are committed and not yet confirmed by the broker. `key` is the message's id, or its slot.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text COLLATE "C" NOT NULL UNIQUE,
  version integer NOT NULL,
  leased_until timestamptz NOT NULL,
  message text NOT NULL
);

-- Messages that couldn't be handled.
CREATE TABLE dead_letters (
  queue text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  parked_at timestamptz NOT NULL,
  is_due boolean NOT NULL DEFAULT false,
  letter text NOT NULL,
  PRIMARY KEY (queue, id)
);

-- Takes the keys in sorted order, so that two batches never wait for each other in a circle. Returns those won.
CREATE FUNCTION take_keys(wanted jsonb) RETURNS text[] LANGUAGE sql AS $$
  WITH won AS (
    INSERT INTO answers (key, fingerprint, subject, version, body)
    SELECT key, fingerprint, subject, version, body
    FROM jsonb_to_recordset(wanted) AS w(key text, fingerprint text, subject text, version integer, body text)
    ORDER BY key COLLATE "C"
    ON CONFLICT (key) DO NOTHING
    RETURNING key
  )
  SELECT coalesce(array_agg(key), '{}') FROM won
$$;

-- Puts messages into the outbox, leased; of a slot only the newest one stays.
CREATE FUNCTION put_messages(messages jsonb, lease double precision) RETURNS void LANGUAGE sql AS $$
  INSERT INTO outbox (key, version, leased_until, message)
  SELECT m ->> 'key', (m ->> 'version')::integer, clock_timestamp() + make_interval(secs => lease), m ->> 'message'
  FROM jsonb_array_elements(messages) WITH ORDINALITY AS all_of_them(m, place)
  ORDER BY place
  ON CONFLICT (key) DO UPDATE
  SET version = excluded.version, leased_until = excluded.leased_until, message = excluded.message
  WHERE excluded.version > outbox.version
$$;

-- The answers under those keys.
CREATE FUNCTION answers_of(keys text[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
    'key', key, 'fingerprint', fingerprint, 'subject', subject, 'version', version, 'body', body)), '[]')
  FROM answers WHERE key = ANY (keys)
$$;

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
  won text[];
  lost text[];
  blocked text[];
  created text[];
  changed text[];
BEGIN
  won := take_keys((SELECT coalesce(jsonb_agg(c -> 'answer'), '[]') FROM jsonb_array_elements(changes) c
                    WHERE jsonb_typeof(c -> 'answer') = 'object'));
  SELECT coalesce(array_agg(c -> 'answer' ->> 'key'), '{}'), coalesce(array_agg(c ->> 'id'), '{}') INTO lost, blocked
  FROM jsonb_array_elements(changes) c
  WHERE jsonb_typeof(c -> 'answer') = 'object' AND c -> 'answer' ->> 'key' <> ALL (won);

  WITH inserted AS (
    INSERT INTO events (id, version, name, starts_ms, status, country, largest_hall, search_text, document)
    SELECT id, version, name, starts_ms, status, country, largest_hall, search_text, document
    FROM jsonb_to_recordset(changes) AS c(id text, expected integer, version integer, name text, starts_ms bigint,
      status text, country text, largest_hall bigint, search_text text, document text)
    WHERE expected = 0 AND id <> ALL (blocked) ORDER BY id COLLATE "C"
    ON CONFLICT (id) DO NOTHING RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO created FROM inserted;

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
  changed := created || changed;

  PERFORM put_messages((SELECT coalesce(jsonb_agg(m ORDER BY place), '[]')
    FROM jsonb_array_elements(changes) WITH ORDINALITY AS c(c, place), jsonb_array_elements(c -> 'messages') m
    WHERE c ->> 'id' = ANY (changed)), lease);
  DELETE FROM answers WHERE key = ANY (won) AND key IN (
    SELECT c -> 'answer' ->> 'key' FROM jsonb_array_elements(changes) c
    WHERE jsonb_typeof(c -> 'answer') = 'object' AND c ->> 'id' <> ALL (changed));
  RETURN jsonb_build_object('committed', changed, 'taken', answers_of(lost));
END
$$;
