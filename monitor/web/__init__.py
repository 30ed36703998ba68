"""The web side: the board, metrics and health, on loopback."""
