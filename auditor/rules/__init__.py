"""The rules: one file a family, plain Python over small resolved tables."""
