"""Both services, many of their processes, their databases and their broker in one process, on one loop, by one seed.

Nothing here waits, reads or writes outside of the process; whatever is left to chance is drawn from the seed, so what
went wrong once goes wrong again.
"""
