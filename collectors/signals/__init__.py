"""Reads monitoring: Prometheus, Loki, Grafana and Sentry."""
