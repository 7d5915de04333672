-- API tokens: their digests, never themselves.
CREATE TABLE api_tokens (
  id text COLLATE "C" PRIMARY KEY,
  digest text COLLATE "C" NOT NULL UNIQUE,
  created timestamptz NOT NULL,
  revoked timestamptz,
  last_used timestamptz,
  token text NOT NULL
);
