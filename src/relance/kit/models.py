"""Kit owns no table of its own; its migration creates the sequence that every account-scoped id comes from."""
