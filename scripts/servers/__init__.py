"""Private servers for tests and benchmarks: on free loopback ports, with their data in a temporary folder."""
