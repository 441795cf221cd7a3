"""Raw evidence into the shared vocabulary: people, systems, rights, capabilities, windows."""
