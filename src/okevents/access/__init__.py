"""Who asks, how that is known, and who may do what. No HTTP, no database, no network."""
