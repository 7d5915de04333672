-- name: find_answers
SELECT key, fingerprint, subject, version, body FROM answers WHERE key = ANY (:keys);

-- name: sweep_answers
WITH swept AS (DELETE FROM answers WHERE kept_at < clock_timestamp() - CAST(:kept_for AS interval) RETURNING 1)
SELECT count(*) FROM swept;

-- name: put_messages
SELECT put_messages(:messages, :lease);

-- name: claim_messages
-- Rows become visible out of the order of their positions, so nothing here remembers a last one.
WITH free AS (
  SELECT position FROM outbox WHERE leased_until <= clock_timestamp()
  ORDER BY position LIMIT :limit FOR UPDATE SKIP LOCKED
), leased AS (
  UPDATE outbox SET leased_until = clock_timestamp() + make_interval(secs => :lease)
  WHERE position IN (SELECT position FROM free) RETURNING position, message
)
SELECT message FROM leased ORDER BY position;

-- name: discard_messages!
WITH gone AS (
  SELECT o.position FROM outbox o JOIN unnest(:keys::text[], :versions::integer[]) AS d(key, version)
    ON o.key = d.key AND o.version = d.version
  ORDER BY o.key FOR UPDATE OF o
)
DELETE FROM outbox WHERE position IN (SELECT position FROM gone);

-- name: count_messages
SELECT count(*) FROM outbox;

-- name: park_letter!
INSERT INTO dead_letters (queue, id, parked_at, letter) VALUES (:queue, :id, :parked_at, :letter)
ON CONFLICT (queue, id) DO UPDATE
SET parked_at = excluded.parked_at, is_due = false, letter = excluded.letter;

-- name: list_letters
SELECT letter FROM dead_letters WHERE queue = :queue ORDER BY parked_at, id LIMIT :limit;

-- name: find_letter
SELECT letter FROM dead_letters WHERE queue = :queue AND id = :id;

-- name: mark_letter$
UPDATE dead_letters SET is_due = true WHERE queue = :queue AND id = :id RETURNING id;

-- name: due_letters
SELECT letter FROM dead_letters WHERE queue = :queue AND is_due ORDER BY parked_at, id;

-- name: drop_letter$
DELETE FROM dead_letters WHERE queue = :queue AND id = :id RETURNING id;

-- name: find_event
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id WHERE e.id = :id;

-- name: next_event_of_name
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id
WHERE e.name = :name AND e.starts_ms >= :now_ms ORDER BY e.starts_ms, e.id LIMIT 1;

-- name: last_event_of_name
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id
WHERE e.name = :name AND e.starts_ms < :now_ms ORDER BY e.starts_ms DESC, e.id DESC LIMIT 1;

-- name: commit_changes
SELECT commit_changes(:changes, :lease);

-- name: record_availability!
INSERT INTO availability (event_id, version, most_available, document)
SELECT event_id, version, most_available, document
FROM jsonb_to_recordset(:heard) AS h(event_id text, version integer, most_available bigint, document text)
ORDER BY event_id
ON CONFLICT (event_id) DO UPDATE
SET version = excluded.version, most_available = excluded.most_available, document = excluded.document
WHERE excluded.version > availability.version;

-- name: load_inventories
-- The time, and then the inventories: one row more than there are of them.
SELECT clock_timestamp() AS now, NULL AS document UNION ALL
SELECT NULL, document FROM inventories WHERE event_id = ANY (:event_ids);

-- name: load_bookings
SELECT document FROM bookings WHERE id = ANY (:booking_ids);

-- name: bookings_of_guests
SELECT document FROM bookings WHERE guest = ANY (:guests) AND event_id = :event_id AND state = ANY (:states);

-- name: ended_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND ends_ms <= :ended_by ORDER BY ends_ms LIMIT :limit;

-- name: numbered_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND number >= :first AND number < :before;

-- name: waiting_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND waiting > :after ORDER BY waiting LIMIT :limit;

-- name: count_waiting$
SELECT count(*) FROM bookings WHERE event_id = :event_id AND waiting < :before
  AND EXISTS (SELECT 1 FROM unnest(:hall_ids::text[]) hall WHERE position(' ' || hall || ' ' IN halls) > 0);

-- name: due_inventories
-- The time is asked for once: an index isn't searched by what may be another for each row.
SELECT event_id FROM inventories
WHERE due_ms <= (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
ORDER BY due_ms LIMIT :limit;

-- name: list_inventories
SELECT document FROM inventories WHERE event_id > :after ORDER BY event_id LIMIT :limit;

-- name: lock_inventory
SELECT document FROM inventories WHERE event_id = :event_id FOR UPDATE;

-- name: commit_parts
SELECT commit_parts(:parts, :lease);

-- name: now
SELECT clock_timestamp();

-- name: get_or_create_key
WITH made AS (
  INSERT INTO keyring (name, key) VALUES (:name, :key) ON CONFLICT (name) DO NOTHING RETURNING key
)
SELECT key FROM made UNION ALL SELECT key FROM keyring WHERE name = :name LIMIT 1;

-- name: list_keys
SELECT name, key FROM keyring WHERE starts_with(name, :prefix);

-- name: add_token!
INSERT INTO api_tokens (id, digest, created, token) VALUES (:id, :digest, :created, :token) ON CONFLICT DO NOTHING;

-- name: find_token^
SELECT token, revoked, last_used FROM api_tokens WHERE digest = :digest;

-- name: list_tokens
SELECT token, revoked, last_used FROM api_tokens ORDER BY created, id;

-- name: revoke_token^
UPDATE api_tokens SET revoked = coalesce(revoked, :at) WHERE id = :id RETURNING token, revoked, last_used;

-- name: touch_tokens!
UPDATE api_tokens SET last_used = greatest(last_used, used.at)
FROM unnest(:ids::text[], :instants::timestamptz[]) AS used(id, at) WHERE api_tokens.id = used.id;

-- name: rows_of_events
SELECT id, document FROM events WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_availability
SELECT event_id, document FROM availability WHERE event_id > :after ORDER BY event_id LIMIT :limit;

-- name: rows_of_inventories
SELECT event_id, document FROM inventories WHERE event_id > :after ORDER BY event_id LIMIT :limit;

-- name: rows_of_bookings
SELECT id, document FROM bookings WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_answers
SELECT key, fingerprint, subject, version, body, kept_at FROM answers WHERE key > :after ORDER BY key LIMIT :limit;

-- name: rows_of_outbox
SELECT key, message FROM outbox WHERE key > :after ORDER BY key LIMIT :limit;

-- name: rows_of_dead_letters
SELECT queue || ' ' || id, letter, is_due FROM dead_letters
WHERE (queue || ' ' || id) > :after ORDER BY queue || ' ' || id LIMIT :limit;

-- name: rows_of_api_tokens
SELECT id, token, revoked, last_used FROM api_tokens WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_keyring
SELECT name, key FROM keyring WHERE name COLLATE "C" > :after ORDER BY name COLLATE "C" LIMIT :limit;

-- name: other_users
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'okevents' AND pid <> pg_backend_pid();

-- name: find_webhook
SELECT document FROM webhooks WHERE id = :id;

-- name: list_webhooks
SELECT document FROM webhooks WHERE NOT is_deleted ORDER BY created_ms, id;

-- name: deleted_webhooks
SELECT id FROM webhooks WHERE is_deleted ORDER BY id;

-- name: commit_webhook
SELECT commit_webhook(:change, :answer);

-- name: add_deliveries
SELECT add_deliveries(:deliveries, :answer);

-- name: due_webhooks
SELECT wanted.id FROM unnest(:webhooks::text[]) WITH ORDINALITY AS wanted(id, place) WHERE EXISTS (
  SELECT 1 FROM webhook_deliveries d
  WHERE d.webhook = wanted.id AND d.due <= statement_timestamp() AND d.leased_until <= statement_timestamp()
) ORDER BY place;

-- name: claim_deliveries
WITH free AS (
  SELECT id, due FROM webhook_deliveries
  WHERE webhook = :webhook AND due <= statement_timestamp() AND leased_until <= statement_timestamp()
  ORDER BY due, created_ms, id LIMIT :limit FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE webhook_deliveries d
  SET claims = d.claims + 1, leased_until = clock_timestamp() + make_interval(secs => :lease)
  FROM free WHERE d.id = free.id RETURNING free.due, d.id, d.created_ms, d.claims, d.attempts, d.delivery
)
SELECT claims, attempts, delivery FROM claimed ORDER BY due, created_ms, id;

-- name: settle_delivery!
UPDATE webhook_deliveries SET
  state = :state, due = clock_timestamp() + make_interval(secs => :again_in), leased_until = '-infinity',
  attempts = :attempts, reason = :reason
WHERE id = :id AND claims = :claims;

-- name: count_pending_deliveries
SELECT count(*), min(due) FROM webhook_deliveries WHERE due IS NOT NULL;

-- name: find_delivery
SELECT state, due, reason, attempts, delivery FROM webhook_deliveries WHERE id = :id AND webhook = :webhook;

-- name: has_delivered_since
SELECT EXISTS (
  SELECT 1 FROM webhook_deliveries WHERE webhook = :webhook AND created_ms >= :since_ms AND state = 'delivered'
);

-- name: drop_webhook_deliveries!
DELETE FROM webhook_deliveries WHERE webhook = :webhook;

-- name: drop_subject_deliveries!
DELETE FROM webhook_deliveries WHERE subject = :subject AND message <> :keep;

-- name: sweep_deliveries
WITH old AS (SELECT id FROM webhook_deliveries WHERE created_ms < :before_ms ORDER BY created_ms LIMIT :limit),
swept AS (DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM old) RETURNING 1)
SELECT count(*) FROM swept;

-- name: rows_of_webhooks
SELECT id, document FROM webhooks WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_webhook_deliveries
SELECT id, state, due, reason, attempts, delivery FROM webhook_deliveries
WHERE id > :after ORDER BY id LIMIT :limit;
