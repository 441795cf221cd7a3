"""One file a source: fetch (I/O) and normalise (pure)."""
