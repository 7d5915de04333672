"""What both services share: time, identity, validation, group commit, idempotency. No I/O; msgspec alone."""
