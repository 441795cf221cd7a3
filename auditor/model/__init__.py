"""Evidence, findings and the shared vocabulary: typed, frozen, and free of any vendor's API."""
