"""Password managers: who opened which item."""
