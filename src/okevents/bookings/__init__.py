"""The Booking Service: who has which places. It learns of events from messages alone, and never oversells."""
