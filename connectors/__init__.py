"""Where posts come from: one site a file, sans I/O."""
