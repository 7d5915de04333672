-- name: find_webhook^
SELECT document FROM webhooks WHERE id = :id;

-- name: list_webhooks
SELECT document FROM webhooks WHERE is_deleted = 0 ORDER BY created_ms, id;

-- name: deleted_webhooks
SELECT id FROM webhooks WHERE is_deleted = 1 ORDER BY id;

-- name: insert_webhook!
INSERT OR IGNORE INTO webhooks (id, version, is_deleted, created_ms, document)
VALUES (:id, :version, :is_deleted, :created_ms, :document);

-- name: update_webhook!
UPDATE webhooks SET version = :version, is_deleted = :is_deleted, document = :document
WHERE id = :id AND version = :expected_version;

-- name: add_deliveries*!
INSERT OR IGNORE INTO webhook_deliveries
  (id, webhook, message, subject, state, created_ms, due, leased_until, claims, attempts, delivery)
VALUES (:id, :webhook, :message, :subject, 'pending', :created_ms, :due, 0, 0, :attempts, :delivery);

-- name: has_due_delivery^
SELECT 1 FROM webhook_deliveries WHERE webhook = :webhook AND due <= :now AND leased_until <= :now LIMIT 1;

-- name: due_deliveries
SELECT id, claims, attempts, delivery FROM webhook_deliveries
WHERE webhook = :webhook AND due <= :now AND leased_until <= :now ORDER BY due, created_ms, id LIMIT :limit;

-- name: claim_deliveries*!
UPDATE webhook_deliveries SET claims = claims + 1, leased_until = :until WHERE id = :id;

-- name: settle_delivery!
UPDATE webhook_deliveries
SET state = :state, due = :due, leased_until = 0, attempts = :attempts, reason = :reason
WHERE id = :id AND claims = :claims;

-- name: count_pending_deliveries^
SELECT count(*), min(due) FROM webhook_deliveries WHERE due IS NOT NULL;

-- name: find_delivery^
SELECT state, due, reason, attempts, delivery FROM webhook_deliveries WHERE id = :id AND webhook = :webhook;

-- name: has_delivered_since^
SELECT 1 FROM webhook_deliveries
WHERE webhook = :webhook AND created_ms >= :since_ms AND state = 'delivered' LIMIT 1;

-- name: drop_webhook_deliveries!
DELETE FROM webhook_deliveries WHERE webhook = :webhook;

-- name: drop_subject_deliveries!
DELETE FROM webhook_deliveries WHERE subject = :subject AND message <> :keep;

-- name: sweep_deliveries!
DELETE FROM webhook_deliveries WHERE id IN
  (SELECT id FROM webhook_deliveries WHERE created_ms < :before_ms ORDER BY created_ms LIMIT :limit);
