"""`langyan train`: where weights come from, and what they are worth before they are used."""
