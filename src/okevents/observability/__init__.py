"""What the program tells of itself: logs, and what in them belongs together."""
