"""What the Google Cloud collectors are made of: clients, bindings, log entries."""
