"""Password managers: what an item is called."""
