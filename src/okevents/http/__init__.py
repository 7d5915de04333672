"""The HTTP face of both services. The only room that knows a status code."""
