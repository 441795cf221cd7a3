"""Jira: issues as tickets."""
