"""The pages of those who run things: organisers, and whoever else signs in with a token."""
