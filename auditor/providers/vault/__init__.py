"""What keeps secrets, password managers and HashiCorp Vault: what accounts are called, and what acts take."""
