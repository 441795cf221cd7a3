"""GitHub: issues as tickets."""
