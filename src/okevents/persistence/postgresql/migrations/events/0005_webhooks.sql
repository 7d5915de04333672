-- Keys that the service's processes share.
CREATE TABLE keyring (
  name text PRIMARY KEY,
  key bytea NOT NULL
);

-- Webhooks as JSON documents. Of deleted ones the row stays.
CREATE TABLE webhooks (
  id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  is_deleted boolean NOT NULL,
  created_ms bigint NOT NULL,
  document text NOT NULL
);

-- What is to be posted, and what became of it. What is done with isn't due.
CREATE TABLE webhook_deliveries (
  id text COLLATE "C" PRIMARY KEY,
  webhook text COLLATE "C" NOT NULL,
  message text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT 'pending',
  created_ms bigint NOT NULL,
  due timestamptz,
  leased_until timestamptz NOT NULL DEFAULT '-infinity',
  claims integer NOT NULL DEFAULT 0,
  reason text,
  attempts text NOT NULL DEFAULT '[]',
  delivery text NOT NULL
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due) WHERE due IS NOT NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, created_ms, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_ms);
CREATE INDEX webhook_deliveries_by_subject ON webhook_deliveries (subject);

-- Stores a state of a webhook with its answer, or nothing of it: `taken` is the answer of the request that was first
-- under the key.
CREATE FUNCTION commit_webhook(change jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  stored boolean;
BEGIN
  IF answer IS NOT NULL AND take_keys(jsonb_build_array(answer)) = '{}' THEN
    RETURN jsonb_build_object('stored', false, 'taken', answers_of(ARRAY[answer ->> 'key']) -> 0);
  END IF;
  IF (change ->> 'expected')::integer = 0 THEN
    INSERT INTO webhooks (id, version, is_deleted, created_ms, document)
    VALUES (change ->> 'id', (change ->> 'version')::integer, (change ->> 'is_deleted')::boolean,
      (change ->> 'created_ms')::bigint, change ->> 'document')
    ON CONFLICT (id) DO NOTHING;
  ELSE
    UPDATE webhooks SET version = (change ->> 'version')::integer, is_deleted = (change ->> 'is_deleted')::boolean,
      document = change ->> 'document'
    WHERE id = change ->> 'id' AND version = (change ->> 'expected')::integer;
  END IF;
  stored := FOUND;
  IF NOT stored AND answer IS NOT NULL THEN
    DELETE FROM answers WHERE key = answer ->> 'key';
  END IF;
  RETURN jsonb_build_object('stored', stored, 'taken', null);
END
$$;

-- Makes deliveries due, and keeps the answer with them. Returns the answer of the request that was first under the key,
-- if there was one: then nothing was stored.
CREATE FUNCTION add_deliveries(deliveries jsonb, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF answer IS NOT NULL AND take_keys(jsonb_build_array(answer)) = '{}' THEN
    RETURN answers_of(ARRAY[answer ->> 'key']) -> 0;
  END IF;
  INSERT INTO webhook_deliveries (id, webhook, message, subject, created_ms, due, delivery)
  SELECT id, webhook, message, subject, created_ms, statement_timestamp(), delivery
  FROM jsonb_to_recordset(deliveries)
    AS d(id text, webhook text, message text, subject text, created_ms bigint, delivery text)
  ORDER BY id COLLATE "C"
  ON CONFLICT (id) DO NOTHING;
  RETURN NULL;
END
$$;
