"""Whole seconds that are told to many at once, drawn so that they don't all come back at once."""

import random
from collections.abc import Callable

Uniform = Callable[[float, float], float]


def spread(most: int, uniform: Uniform = random.uniform) -> int:
    """From 1 to `most`, each as likely: the whole range, for what is added to a fixed wait spreads less than it costs
    (Brooker, "Exponential Backoff And Jitter")."""
    return min(most, 1 + int(uniform(0.0, float(most))))
