"""A world to try it in: platforms that speak the real wire formats, a Slack, and crises whose truth is known."""
