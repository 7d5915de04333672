-- name: add_token!
INSERT OR IGNORE INTO api_tokens (id, digest, created, token) VALUES (:id, :digest, :created, :token);

-- name: find_token^
SELECT token, revoked, last_used FROM api_tokens WHERE digest = :digest;

-- name: find_token_by_id^
SELECT token, revoked, last_used FROM api_tokens WHERE id = :id;

-- name: list_tokens
SELECT token, revoked, last_used FROM api_tokens ORDER BY created, id;

-- name: revoke_token!
UPDATE api_tokens SET revoked = coalesce(revoked, :at) WHERE id = :id;

-- name: touch_tokens*!
UPDATE api_tokens SET last_used = max(coalesce(last_used, 0), :at) WHERE id = :id;
