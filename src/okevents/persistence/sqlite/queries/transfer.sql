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
SELECT queue || ' ' || id AS place, letter, is_due FROM dead_letters
WHERE place > :after ORDER BY place LIMIT :limit;

-- name: mark_letters*!
UPDATE dead_letters SET is_due = :is_due WHERE queue = :queue AND id = :id;

-- name: rows_of_api_tokens
SELECT id, token, revoked, last_used FROM api_tokens WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_keyring
SELECT name, key FROM keyring WHERE name > :after ORDER BY name LIMIT :limit;

-- name: rows_of_webhooks
SELECT id, document FROM webhooks WHERE id > :after ORDER BY id LIMIT :limit;

-- name: rows_of_webhook_deliveries
SELECT id, state, due, reason, attempts, delivery FROM webhook_deliveries
WHERE id > :after ORDER BY id LIMIT :limit;

-- name: insert_deliveries*!
INSERT INTO webhook_deliveries (id, webhook, message, subject, state, created_ms, due, leased_until, claims, reason,
  attempts, delivery)
VALUES (:id, :webhook, :message, :subject, :state, :created_ms, :due, 0, 0, :reason, :attempts, :delivery);
