"""The configuration: one table of settings, and how their values are found, checked and told."""
