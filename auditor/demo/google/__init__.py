"""Google Cloud's stand-in on this machine: what a small company has there, over real HTTP."""
