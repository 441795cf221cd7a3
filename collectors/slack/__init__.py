"""Slack: approvals that were given in its channels."""
