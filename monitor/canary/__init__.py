"""A canary: a complaint of our own that travels from feed to message and leaves nothing behind, so that a machine notices what can
no longer page."""
