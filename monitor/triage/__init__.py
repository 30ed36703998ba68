"""What it means: how bad, which story, which incident. Pure."""
