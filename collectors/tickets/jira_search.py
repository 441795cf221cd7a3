"""What Jira's REST API answers to a search, by the columns that its CSV has."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from auditor.model.details import as_object, as_objects
from collectors.jira.text import text_of

_text = partial(text_of, prefix="")
_PLAIN = {
    "summary": "Summary",
    "issuetype": "Issue Type",
    "labels": "Labels",
    "description": "Description",
    "reporter": "Reporter",
    "assignee": "Assignee",
    "created": "Created",
    "resolutiondate": "Resolved",
}


def is_search(answer: Any) -> bool:
    """Whether it is an answer with issues in it."""
    return isinstance(answer, dict) and isinstance(answer.get("issues"), list)


def columns_of(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each issue; fields that a team made are named where the search asked for their names (`expand=names`)."""
    names = as_object(answer.get("names"))
    for issue in answer["issues"]:
        fields = issue.get("fields") if isinstance(issue, dict) else None
        if not isinstance(fields, dict):
            yield {}
            continue
        told = {column: _text(fields.get(name)) for name, column in _PLAIN.items()}
        custom = {
            f"Custom field ({names[name]})": _text(value)
            for name, value in fields.items()
            if isinstance(names.get(name), str) and name.startswith("customfield_")
        }
        yield {"Issue key": issue.get("key"), **told, **custom, "Comment": list(_comments(fields.get("comment")))}


def _comments(written: Any) -> Iterator[str]:
    """`time;author;words`, as in a CSV."""
    for one in as_objects(as_object(written).get("comments")):
        yield f"{_text(one.get('created'))};{_text(one.get('author'))};{_text(one.get('body'))}"
