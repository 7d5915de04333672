-- Keys that the service's processes share.
CREATE TABLE keyring (
  name TEXT NOT NULL PRIMARY KEY,
  key BLOB NOT NULL
) STRICT;

-- Webhooks as JSON documents. Of deleted ones the row stays.
CREATE TABLE webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;

-- What is to be posted, and what became of it. `due` and `leased_until` are Unix seconds; what is done with isn't due.
CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  webhook TEXT NOT NULL,
  message TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  due REAL,
  leased_until REAL NOT NULL,
  claims INTEGER NOT NULL,
  reason TEXT,
  attempts BLOB NOT NULL,
  delivery BLOB NOT NULL
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due) WHERE due IS NOT NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, created_ms, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_ms);
CREATE INDEX webhook_deliveries_by_subject ON webhook_deliveries (subject);
