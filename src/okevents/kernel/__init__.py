"""What both services share: time, identity, validation, group commit, idempotency, calendars' entries.

No I/O; msgspec alone.
"""
