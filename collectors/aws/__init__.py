"""Amazon Web Services: its trails, principals, permission sets and keys, as evidence rows."""
