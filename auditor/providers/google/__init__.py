"""Rights in Google Cloud: roles, conditions, groups, inheritance and impersonation, in plain capabilities."""
