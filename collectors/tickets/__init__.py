"""Tickets of any tracker, and from files."""
