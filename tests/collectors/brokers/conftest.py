"""What brokers write, and what the rules on tickets find of it."""

import json

import pytest
from pydantic import TypeAdapter

from auditor.config.sources import AnySource
from auditor.model.tables import Ticket
from auditor.rules import standing, tasks
from collectors.registry import collector_for
from tests.cases import case, config, judged

ANY = TypeAdapter(AnySource)

PLACES = [
    {"provider": "aws", "account": "111122223333"},
    {"provider": "gcp", "project": "harbour-prod"},
]
SETTINGS = config(
    people=[
        {"id": "nina", "name": "Nina", "email": "nina@harbour.example", "accounts": ["teleport:nina"]},
        {"id": "tom", "name": "Tom", "email": "tom@harbour.example"},
        {"id": "mia", "name": "Mia", "email": "mia@harbour.example"},
    ],
    service_accounts=[],
    break_glass=[],
    systems=[{"id": "checkout", "name": "Checkout", "primary": "mia", "aliases": ["prod-shell"], "resources": PLACES}],
    policy={"approvers": ["tom"], "windows": {"routine": "2h"}},
)
RULES = (
    tasks.unapproved,
    tasks.self_approved,
    tasks.late_approval,
    tasks.too_long,
    tasks.vague,
    tasks.no_closeout,
    standing.repeated_extension,
)


@pytest.fixture
def read(context, collect, tmp_path):
    """What a source comes to that reads a file with this content."""

    def run(kind, content, name="requests.json", **settings):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        made = {"name": "broker", "kind": kind, "path": name, **settings}
        return collect(collector_for(ANY.validate_python(made), context))

    return run


@pytest.fixture
def told():
    """The case that tickets make, and what the rules find in it."""

    def run(got):
        made = case(config=SETTINGS, tickets=got.rows(Ticket))
        return made, [found.rule.partition("/")[2] for rule in RULES for found in judged(rule, made)]

    return run
