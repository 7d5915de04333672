"""The Events Service: events, their locations and halls. It publishes what changes, and hears of availability."""
