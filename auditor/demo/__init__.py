"""A small invented company, with AWS's real protocol served on this machine, so that a full audit needs no account."""
