"""GitHub: who may do what in repositories, what was deployed and changed, and issues as tickets."""
