"""The evidence store: Parquet lake, run manifests, hash chain, checkpoints."""
