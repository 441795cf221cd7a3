"""What Jira's REST API answers to a search, by the columns that its CSV has."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from auditor.model.details import as_list, as_object, as_objects
from collectors.jira.decisions import approved, decisions_in, declined, holds_approvals, unread_in
from collectors.jira.text import people_in, text_of, with_names
from collectors.tickets.api_answers import goes_on

_text = partial(text_of, prefix="")
_OWN = ("summary", "labels", "description", "reporter", "assignee", "created", "status", "resolution")
_PLAIN = {name: name.capitalize() for name in _OWN} | {"issuetype": "Issue Type", "resolutiondate": "Resolved"}


def answers_in(content: Any) -> list[dict[str, Any]]:
    """The answers of a search in a file: one, several pages of it, or its issues alone; none where it is no search."""
    if isinstance(content, list) and content and all(_is_issue(one) for one in content):
        return [{"issues": content}]
    pages = as_list(content)
    if not all(isinstance(one, dict) and isinstance(one.get("issues"), list) for one in pages):
        return []
    issues = [issue for page in pages for issue in page["issues"]]
    return pages if not issues or any(map(_is_issue, issues)) else []


def has_more(answers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether pages of a search say that there were more of them."""
    return goes_on(answers[-1], [issue for one in answers for issue in one["issues"]])


def _is_issue(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("key"), str) and isinstance(one.get("fields"), dict)


def columns_of(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each issue; fields that a team made are named where the search asked for their names (`expand=names`).

    Raises:
        ValueError: it did not, and there are people or choices in them: who was to have access would be lost.
    """
    names = as_object(answer.get("names"))
    for issue in answer["issues"]:
        fields = issue.get("fields") if isinstance(issue, dict) else None
        if not isinstance(fields, dict):
            yield {}
            continue
        if unnamed := [name for name, value in fields.items() if name not in names and _is_chosen(name, value)]:
            raise ValueError(
                f"it does not say what {', '.join(unnamed)} are: search with expand=names, or export it as CSV"
            )
        people = people_in(fields, prefix="")
        told = {column: with_names(_text(fields.get(name)), people) for name, column in _PLAIN.items()}
        custom = {
            f"Custom field ({names[name]})": with_names(_text(value), people)
            for name, value in fields.items()
            if isinstance(names.get(name), str) and name.startswith("customfield_") and not holds_approvals(value)
        }
        decisions = decisions_in(fields)
        told["Status"] = ", ".join(filter(None, [told["Status"], *declined(decisions)]))
        buttons = [f"{at};{who}" for who, at in approved(decisions, prefix="")]
        unread = (
            unread_in(fields) or _cut(fields.get("comment")) or _cut(issue.get("changelog"), "histories", "changes")
        )
        beside: dict[str, Any] = {"Approved": buttons, "Unread": unread}
        beside["History"] = list(_history(issue.get("changelog")))
        if "comment" in fields:
            beside["Comment"] = [with_names(one, people) for one in _comments(fields["comment"])]
        yield {"Issue key": issue.get("key"), **told, **custom, **beside}


def _is_chosen(name: str, value: Any) -> bool:
    """Whether a field that a team made holds a person, or one of the words to choose from."""
    chosen = as_objects(value) if isinstance(value, list) else [as_object(value)]
    return name.startswith("customfield_") and any("accountId" in one or "value" in one for one in chosen)


def _cut(written: Any, parts: str = "comments", called: str = "comments") -> str | None:
    """That some of an issue's comments, or of its changes, are not in the answer; None where all are."""
    told = as_object(written)
    total, here = told.get("total"), len(as_objects(told.get(parts)))
    return f"the answer holds {here} of its {total} {called}" if isinstance(total, int) and total > here else None


def _history(changelog: Any) -> Iterator[dict[str, str]]:
    """Each change of a field, where the search asked for them (`expand=changelog`)."""
    for change in as_objects(as_object(changelog).get("histories")):
        for item in as_objects(change.get("items")):
            told = {"field": "field", "from": "fromString", "to": "toString"}
            values = {name: _text(item.get(theirs)) for name, theirs in told.items()}
            yield {"at": _text(change.get("created")), "who": _text(change.get("author")), **values}


def _comments(written: Any) -> Iterator[str]:
    """`time;author;words`, as in a CSV."""
    for one in as_objects(as_object(written).get("comments")):
        yield f"{_text(one.get('created'))};{_text(one.get('author'))};{_text(one.get('body'))}"
