"""How Langyan comes onto a machine: the first configuration, and the unit that keeps it running."""
