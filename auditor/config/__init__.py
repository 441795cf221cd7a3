"""auditor.yaml as frozen models."""
