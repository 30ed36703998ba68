"""What ails an installation, in a bundle that may be shown to others: no secrets, no posts' texts, no people's names."""
