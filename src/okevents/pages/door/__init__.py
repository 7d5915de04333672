"""The pages of the door: where tickets are shown, with or without a connection."""
