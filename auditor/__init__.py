"""A scheduled auditor of production access: who can, who did, and who was allowed to."""

import os

__version__ = "0.1.0"

# Arrow's own allocator gives memory back between files only to have it cleared anew: slower, and a sixth more of it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
