"""Webhooks: messages told to addresses that asked for them, signed as the Standard Webhooks specification says."""
