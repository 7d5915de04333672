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

-- All functions are PL/pgSQL, which keeps its plans; SQL functions are planned anew each time.

-- Takes the keys in sorted order, so that two batches never wait for each other in a circle. Returns those won.
CREATE FUNCTION take_keys(wanted jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  result text[];
BEGIN
  WITH won AS (
    INSERT INTO answers (key, fingerprint, subject, version, body)
    SELECT w.key, w.fingerprint, w.subject, w.version, w.body
    FROM jsonb_to_recordset(wanted) AS w(key text, fingerprint text, subject text, version integer, body text)
    ORDER BY w.key COLLATE "C"
    ON CONFLICT (key) DO NOTHING
    RETURNING answers.key
  )
  SELECT coalesce(array_agg(key), '{}') INTO result FROM won;
  RETURN result;
END
$$;

-- Puts messages into the outbox, leased; of a slot only the newest one stays.
CREATE FUNCTION put_messages(messages jsonb, lease double precision) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (key, version, leased_until, message)
  SELECT m ->> 'key', (m ->> 'version')::integer, clock_timestamp() + make_interval(secs => lease), m ->> 'message'
  FROM jsonb_array_elements(messages) WITH ORDINALITY AS all_of_them(m, place)
  ORDER BY place
  ON CONFLICT (key) DO UPDATE
  SET version = excluded.version, leased_until = excluded.leased_until, message = excluded.message
  WHERE excluded.version > outbox.version;
END
$$;

-- The answers under those keys.
CREATE FUNCTION answers_of(keys text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN keys = '{}' THEN '[]' ELSE (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'key', key, 'fingerprint', fingerprint, 'subject', subject, 'version', version, 'body', body)), '[]')
    FROM answers WHERE key = ANY (keys)
  ) END;
END
$$;
