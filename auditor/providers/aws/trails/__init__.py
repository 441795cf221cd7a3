"""CloudTrail's digests against the files that were read: what was altered, what is missing, what is in order."""
