"""GitHub: what its roles, teams, keys and apps allow."""
