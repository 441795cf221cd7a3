"""Keys and logs of hosts, line by line."""
