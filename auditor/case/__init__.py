"""The case that rules judge: who is who, which system, who was allowed, and what was looked at."""
