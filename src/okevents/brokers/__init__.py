"""Adapters of the messaging ports to brokers. None imports another; only the composition root imports them."""
