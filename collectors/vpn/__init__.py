"""VPNs: who is in them, and what that reaches."""
