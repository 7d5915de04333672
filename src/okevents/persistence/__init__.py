"""Adapters of the services' ports to databases. None imports another; only the composition root imports them."""
