"""Hosts over SSH: what the keys in authorized_keys files allow."""
