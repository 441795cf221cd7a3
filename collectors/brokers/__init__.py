"""Access brokers: what people asked them for, and what they gave, as tickets."""
