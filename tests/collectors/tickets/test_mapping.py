"""Which of a ticket file's columns says what, whole."""

import json

import pytest

from collectors.tickets.mapping import Proposal, propose
from collectors.tickets.records import header


@pytest.mark.parametrize(
    ("first", "proposal"),
    [
        ("Issue key,Summary,Reporter,Custom field (Person),Sprint", Proposal("jira", ("Sprint",))),
        ("Title,Issue ID,Author Username,URL,Weight", Proposal("gitlab", ("Weight",))),
        ("number,title,url,milestone", Proposal("github", ("milestone",))),
        ("ID,Team,Title,Estimate", Proposal("linear", ("Team", "Estimate"))),
        ("ticket,person,Colour", Proposal({}, ("Colour",))),
        ("ticket,issue_key,summary", Proposal({"title": "summary"}, ("issue_key",))),
        (
            "Key,Type,Subject,Requested by,Access for,Application,Start,Until,Approved by",
            Proposal(
                {"ticket": "Key", "kind": "Type", "title": "Subject", "requester": "Requested by", "person": "Access for",
                    "systems": "Application", "starts_at": "Start", "ends_at": "Until", "approver": "Approved by"},
                (),
            ),
        ),
        ("Key,ID,description,reason", Proposal({"ticket": "Key"}, ("ID", "description"))),
        (
            "number,short_description,state,risk,requested_by,cmdb_ci,start_date,end_date,close_notes",
            Proposal(
                {"ticket": "number", "title": "short_description", "status": "state", "requester": "requested_by",
                    "systems": "cmdb_ci", "starts_at": "start_date", "ends_at": "end_date", "closeout": "close_notes"},
                ("risk",),
            ),
        ),
        ("#,Subject,Start date", Proposal({"ticket": "#", "title": "Subject", "starts_at": "Start date"}, ())),
        ("Vorgang,Titel,Mitarbeiter", Proposal({"ticket": "Vorgang", "title": "Titel", "person": "Mitarbeiter"}, ())),
    ],
)  # fmt: skip
def test_what_a_source_of_a_file_may_say(first, proposal):
    assert propose(f"{first}\n".encode()) == proposal


def test_a_file_without_an_id_has_no_mapping():
    with pytest.raises(ValueError, match="none of its columns can be a ticket's id: Colour, Shape"):
        propose(b"Colour,Shape\n1,2\n")


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (b"A;B;A\n1;2;3\n", ["A", "B"]),
        (b"sep=;\nA;B\n", ["A", "B"]),
        (json.dumps([{"a": 1}, {"b": 2, "a": 3}]).encode(), ["a", "b"]),
        (b'{"a": 1}\n{"c": 2}\n', ["a", "c"]),
    ],
)
def test_the_columns_of_a_file(data, columns):
    assert header(data) == columns


@pytest.mark.parametrize(("data", "why"), [(b" \n", "it is empty"), (b"[]", "no columns"), (b"[7]", "no columns")])
def test_a_file_that_holds_no_columns_says_so(data, why):
    with pytest.raises(ValueError, match=why):
        header(data)
