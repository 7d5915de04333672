"""The web pages: what people see of okevents in a browser, beside the API and over the same services."""
