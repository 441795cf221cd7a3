"""What a broker forgets between two nights, the evidence keeps."""

import json
from datetime import timedelta

import pytest

from auditor.config.models import Config
from auditor.evidence.forgotten_tickets import KEPT
from auditor.evidence.snapshots import snapshots
from auditor.options import RunOptions, Silence
from auditor.run import collect
from tests.cases import AT
from tests.collectors.brokers.test_teleport import asked


@pytest.fixture
def night(tmp_path):
    """A night whose export holds these requests, none for no export; the tickets that are known after it."""
    source = {"name": "broker", "kind": "teleport-requests", "path": "requests.json"}
    config = Config.model_validate({"organisation": "Harbour", "sources": [source]})
    config = config.model_copy(update={"base": tmp_path})
    export = tmp_path / "requests.json"

    def run(at, *requests):
        export.unlink(missing_ok=True)
        if requests:
            export.write_text(json.dumps(requests))
        options = RunOptions(
            config=config,
            at=at,
            period=timedelta(days=30),
            evidence=str(tmp_path / "evidence"),
            output=tmp_path / "output",
            workers=1,
        )
        collect(options, Silence())
        return {one.ticket: one for one in snapshots(options.store, config, at).tickets}

    return run


def test_a_request_that_the_broker_forgot_is_known_as_it_was_read_last(night):
    assert set(night(AT, asked("a"), asked("b"))) == {"Teleport a", "Teleport b"}
    known = night(AT + timedelta(days=1), asked("b", request_reason="Another"), asked("c"))
    assert {name: one.collected_at for name, one in known.items()} == {
        "Teleport a": AT,
        "Teleport b": AT + timedelta(days=1),
        "Teleport c": AT + timedelta(days=1),
    }
    assert known["Teleport b"].reason == "Another"
    assert set(night(AT + timedelta(days=2))) == set(known)  # the export is missing: the last good snapshot holds
    assert set(night(AT + timedelta(days=3), asked("d"))) == {*known, "Teleport d"}


def test_what_was_forgotten_long_ago_goes(night):
    night(AT, asked("a"))
    assert set(night(AT + KEPT - timedelta(days=1), asked("b"))) == {"Teleport a", "Teleport b"}
    assert set(night(AT + KEPT + timedelta(days=1), asked("c"))) == {"Teleport b", "Teleport c"}
