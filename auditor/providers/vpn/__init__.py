"""VPNs: what being in one reaches."""
