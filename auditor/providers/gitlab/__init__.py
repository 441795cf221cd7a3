"""GitLab: what its memberships and tokens allow."""
