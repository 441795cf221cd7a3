"""A scheduled auditor of production access: who can, who did, and who was allowed to."""

__version__ = "0.1.0"
