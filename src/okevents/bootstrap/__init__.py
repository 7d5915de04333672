"""The composition root: the only room that knows which adapters there are, and puts the parts together."""
