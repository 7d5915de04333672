-- name: put_messages*!
-- Of a slot only the newest message stays.
INSERT INTO outbox (key, version, leased_until, message) VALUES (:key, :version, :leased_until, :message)
ON CONFLICT (key) DO UPDATE
SET version = excluded.version, leased_until = excluded.leased_until, message = excluded.message
WHERE excluded.version > outbox.version;

-- name: unleased_messages
SELECT position, message FROM outbox WHERE leased_until <= :now ORDER BY position LIMIT :limit;

-- name: lease_messages*!
UPDATE outbox SET leased_until = :until WHERE position = :position;

-- name: discard_messages*!
DELETE FROM outbox WHERE key = :key AND version = :version;

-- name: count_messages$
SELECT count(*) FROM outbox;
