-- Answers to requests with an idempotency key, committed with the change that they tell of.
CREATE TABLE answers (
  key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB NOT NULL,
  kept_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_age ON answers (kept_at);

-- Messages that are committed and not yet confirmed by the broker. `key` is the message's id, or its slot.
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  leased_until REAL NOT NULL,
  message BLOB NOT NULL
) STRICT;

-- Messages that couldn't be handled.
CREATE TABLE dead_letters (
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  parked_at REAL NOT NULL,
  is_due INTEGER NOT NULL DEFAULT 0,
  letter BLOB NOT NULL,
  PRIMARY KEY (queue, id)
) STRICT, WITHOUT ROWID;
