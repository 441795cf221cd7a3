"""A month's campaign: every line of access frozen, given to a reviewer, decided, closed, enforced and proven."""
