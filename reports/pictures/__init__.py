"""Pictures of page, pack and incident."""
