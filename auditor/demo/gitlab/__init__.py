"""GitLab's stand-in: a stateful server over real HTTP, shaped after the documentation of GitLab 18.3's REST API v4."""
