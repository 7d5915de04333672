"""What is promised, whatever goes wrong. Each is named in what is said of a seed that broke it."""

PROMISES = {
    "I1": "No booking is granted beyond a hall's capacity, and the counters are what the bookings add up to.",
    "I2": "What is acknowledged is there, once; a repeat has that effect and those bytes; what nobody asked for isn't.",
    "I3": "Each committed change is told once, as it was committed, and has its one effect on the other side.",
    "I4": "Versions have no gap and never go back, on either side; in the end both sides show the same.",
    "I5": "In the end no message waits anywhere, and nothing is parked but what can't be handled.",
    "I6": "The time that decides is the database's.",
    "I7": "Every request is answered, and nothing fails unexpectedly.",
}
