"""Messages: the envelope, the outbox's relay and the consumer. Knows no broker and no database, only ports to them."""
