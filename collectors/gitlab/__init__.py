"""GitLab: members, keys and tokens, protections, deployments and issues, as evidence rows."""
