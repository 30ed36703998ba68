"""Which posts concern us. Pure."""
