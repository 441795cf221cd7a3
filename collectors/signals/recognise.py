"""What saved answers of monitoring look like: matrices, annotations, issues, releases and counts of events."""

import json
from typing import Any

from auditor.model.details import as_object, as_objects
from collectors.recognise import Recognised

_NAMES = {"prometheus": "metrics", "loki": "logs", "grafana": "dashboards", "sentry": "errors"}


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if not name.endswith(".json"):
        return None
    try:
        answer = json.loads(head)
    except (ValueError, RecursionError):
        return None
    kind = _of_object(answer) if isinstance(answer, dict) else _of_list(as_objects(answer)[:1])
    return Recognised(kind, _NAMES[kind], "path", folder=True, telling=True) if kind else None


def _of_object(answer: dict[str, Any]) -> str | None:
    data = answer.get("data")
    if as_object(data).get("resultType") == "matrix":
        return "loki" if "stats" in as_object(data) else "prometheus"
    if "shortId" in answer and "activity" in answer:
        return "sentry"
    first = data[0] if isinstance(data, list) and data else None
    counts = as_objects(first[1]) if isinstance(first, list) and len(first) > 1 else []
    return "sentry" if counts and "count" in counts[0] else None


def _of_list(first: list[dict[str, Any]]) -> str | None:
    """By the names in its first record."""
    names = set(first[0]) if first else set()
    if {"time", "text", "tags"} <= names and names & {"timeEnd", "dashboardUID", "alertId"}:
        return "grafana"
    return "sentry" if {"shortId", "firstSeen"} <= names or {"version", "dateCreated", "newGroups"} <= names else None
