"""From sources to a proposed auditor.yaml: what is known of everybody, who is whose, and what is to be asked."""
