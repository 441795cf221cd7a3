"""What ticket sources refuse."""

import pytest
from pydantic import TypeAdapter, ValidationError

from auditor.config.sources import AnySource

ANY = TypeAdapter(AnySource)

URL = {"url": "https://g.example", "token_env": "T"}
GITLAB = {"kind": "gitlab-tickets", "projects": ["q/ops"], **URL}
GITHUB = {"kind": "github-tickets", "repositories": ["q/ops"], "token_env": "T"}
JIRA = {"kind": "jira-tickets", "projects": ["OPS"], **URL}


def read(source):
    return ANY.validate_python({"name": "tickets", **source})


@pytest.mark.parametrize("source", [GITLAB, GITHUB])
def test_a_prefix_names_the_tickets_of_one_place(source):
    assert read({**source, "prefix": "OPS"}).prefix == "OPS"
    places = next(key for key in ("projects", "repositories") if key in source)
    with pytest.raises(ValidationError, match="no more than one place"):
        read({**source, "prefix": "OPS", places: ["q/ops", "q/web"]})


@pytest.mark.parametrize("prefix", ["ops", "OPS-", "1OPS", "O PS", "OPS\n"])
def test_a_prefix_is_what_ticket_ids_begin_with(prefix):
    with pytest.raises(ValidationError, match="such as OPS"):
        read({**GITLAB, "prefix": prefix})


def test_jira_is_asked_for_projects_or_by_a_query():
    assert read({**JIRA, "projects": [], "jql": "labels = access"}).jql
    for projects, jql in ((["OPS"], "labels = access"), ([], None)):
        with pytest.raises(ValidationError, match="either projects or jql"):
            read({**JIRA, "projects": projects, "jql": jql})


def test_jiras_fields_are_mapped_to_columns_that_there_are():
    assert read({**JIRA, "fields": {"person": "customfield_10010"}}).fields == {"person": "customfield_10010"}
    with pytest.raises(ValidationError, match="approver"):
        read({**JIRA, "fields": {"approver": "customfield_10010"}})


@pytest.mark.parametrize("kind", ["gitlab-access", "gitlab-activity", "gitlab-tickets"])
def test_gitlab_sources_name_what_they_read(kind):
    with pytest.raises(ValidationError):
        read({"kind": kind, **URL})
