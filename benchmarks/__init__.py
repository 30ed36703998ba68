"""What Langyan measures of itself: `make bench`, `make bench ARGS=--json`, `make bench ARGS=NAME`."""
