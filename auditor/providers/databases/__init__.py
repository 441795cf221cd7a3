"""Database servers: what their roles, grants and owners allow."""
