-- name: find_answer^
SELECT key, fingerprint, subject, version, body FROM answers WHERE key = :key;

-- name: insert_answers*!
INSERT INTO answers (key, fingerprint, subject, version, body, kept_at)
VALUES (:key, :fingerprint, :subject, :version, :body, :kept_at);

-- name: sweep_answers!
DELETE FROM answers WHERE kept_at < :before;
