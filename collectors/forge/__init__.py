"""What the collectors of GitLab, GitHub and Jira share: signing in, answers as received, and requests as tickets."""
