"""A board of Trello as its menu exports it to JSON, by columns: a record a card."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.model.details import as_object, as_objects, texts
from collectors.tickets.request_template import fields

_MADE = frozenset({"createCard", "copyCard", "emailCard", "convertToCardFromCheckItem", "moveCardToBoard"})
_DONE = frozenset({"done", "closed", "completed", "resolved", "archive", "erledigt", "fertig", "terminé", "hecho"})
_MOST_ACTIONS = 1000
"""So many actions Trello exports, the last ones."""


def cards_in(content: Any) -> list[dict[str, Any]]:
    """Each card of a board with what happened to it, but for templates; none where it is no board."""
    board = as_object(content)
    if not all(isinstance(board.get(part), list) for part in ("cards", "lists")):
        return []
    told = {name: {str(one.get("id")): one for one in as_objects(board.get(name))} for name in ("lists", "members")}
    own = {str(one.get("id")): one for one in as_objects(board.get("customFields"))}
    actions = as_objects(board.get("actions"))
    cut, of_card = len(actions) >= _MOST_ACTIONS, _by_card(actions)
    found = []
    for card in as_objects(board["cards"]):
        if card.get("isTemplate"):
            continue
        story = _story(of_card[str(card.get("id"))]) if isinstance(board.get("actions"), list) else {}
        members = (told["members"].get(one) for one in texts(card.get("idMembers")))
        found.append(
            {
                "Card": f"{''.join(str(board.get('name') or '').split())}#{card.get('idShort')}",
                "Board": board.get("name"),
                "Title": card.get("name"),
                "Description": card.get("desc"),
                "Labels": [one.get("name") for one in as_objects(card.get("labels"))],
                "Members": [_called(one) for one in members if one],
                "Status": as_object(told["lists"].get(str(card.get("idList")))).get("name"),
                "URL": card.get("url"),
                "Unread": f"Trello exports the last {_MOST_ACTIONS} actions only"
                if cut and "Opened" not in story
                else "",
                **story,
                **_times(card),
                **dict(_custom(card, own)),
            }
        )
    return found


def _by_card(actions: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What happened to each card, by its id, the first thing first."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for action in sorted(actions, key=lambda one: str(one.get("date"))):
        if data := as_object(action.get("data")):
            found[str(as_object(data.get("card")).get("id"))].append(action)
    return found


def _story(actions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Who made a card and when, what was written on it, when its text was edited and when it was done."""
    told: dict[str, Any] = {"Comment": []}
    for action in actions:
        data, at = action["data"], action.get("date")
        who, old = _called(as_object(action.get("memberCreator"))), as_object(data.get("old"))
        if action.get("type") in _MADE:
            told |= {"Opened": at, "Requester": [who]}
        elif action.get("type") == "commentCard":
            # What stood there before it was edited is not known.
            said = data.get("dateLastEdited") or at
            told["Comment"].append({"createdAt": said, "body": data.get("text"), "author": {"name": who}})
        elif "desc" in old:
            told["Edited"] = at
        elif (done := _is_done(data, old)) is not None:
            told["Closed"] = at if done else None
    return told


def _is_done(data: Mapping[str, Any], old: Mapping[str, Any]) -> bool | None:
    """Whether an action ends a card, or begins it again (False); None where it does neither."""
    card, name = as_object(data.get("card")), as_object(data.get("listAfter")).get("name")
    for mark in ("closed", "dueComplete"):
        if mark in old:
            return bool(card.get(mark))
    return str(name).strip().casefold() in _DONE if name else None


def _times(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card's own dates, where its text tells none."""
    asked = fields(card.get("desc") if isinstance(card.get("desc"), str) else "")
    own = {"starts_at": card.get("start"), "ends_at": card.get("due")}
    return {name: text for name, text in own.items() if text and name not in asked}


def _custom(card: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that the team made, with what was chosen or written."""
    for item in as_objects(card.get("customFieldItems")):
        field = as_object(own.get(str(item.get("idCustomField"))))
        options = {one.get("id"): one.get("value") for one in as_objects(field.get("options"))}
        value = as_object(item.get("value") or options.get(item.get("idValue")))
        if text := next((str(one) for one in value.values() if one), ""):
            yield f"Custom field ({field.get('name')})", text


def _called(member: Mapping[str, Any]) -> str:
    name, login = member.get("fullName"), member.get("username")
    return f"{name} <trello:{login}>" if name and login else str(name or login or "")
