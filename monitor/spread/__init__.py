"""How far a post will go and when to look at it again. Pure."""
