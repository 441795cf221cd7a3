"""CloudTrail: where its files lie, what is in them, and what a record says."""
