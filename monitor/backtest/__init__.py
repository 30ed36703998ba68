"""What would have happened: pages and misses explained, thresholds traded off, two configurations compared."""
