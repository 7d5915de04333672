-- API tokens: their digests, never themselves. Instants are Unix seconds.
CREATE TABLE api_tokens (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  created REAL NOT NULL,
  revoked REAL,
  last_used REAL,
  token BLOB NOT NULL
) STRICT, WITHOUT ROWID;
