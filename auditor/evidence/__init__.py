"""The evidence store: a Parquet lake whose every part a hash-chained manifest names."""
