"""What keeps secrets: who opened which item of a password manager, and what was asked of HashiCorp Vault."""
