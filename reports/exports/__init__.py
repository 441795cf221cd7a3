"""The findings of a run for other programs: one file a format, each with `dumps(audit) -> bytes`."""
