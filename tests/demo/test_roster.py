"""The roster that is proposed from a company's evidence, beside the one that is true."""

import json
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from auditor.config import load
from auditor.discovery.evidence import PERIOD, Evidence, configured
from auditor.discovery.proposal import propose
from auditor.options import RunOptions


@pytest.mark.slow
def test_the_proposed_roster_is_the_true_one_at_the_demo_company(demo, capsys):
    true = load(demo.folder / "auditor.yaml")
    sources = yaml.safe_load((demo.folder / "auditor.yaml").read_text())["sources"]
    options = RunOptions(
        config=configured({"organisation": "unknown", "sources": sources}, demo.folder),
        at=datetime.fromisoformat(json.loads((Path(demo.runs[-1]) / "findings.json").read_text())["audited_at"]),
        period=PERIOD,
        evidence=str(demo.folder / "evidence"),
        output=demo.folder / "output",
        workers=1,
    )
    proposal = propose(Evidence(options, ()), "", true.zone)
    theirs = {account: person.id for person in true.people for account in person.accounts}
    entries = (entry.settings for entry in proposal.lists["people"] if entry.sure)
    proposed = {account: entry["id"] for entry in entries for account in entry.get("accounts", ())}
    right = sum(theirs.get(account) == person for account, person in proposed.items())
    precision, recall = right / len(proposed), right / len(theirs)
    with capsys.disabled():
        print(f"\naccounts joined to people: precision {precision:.2f}, recall {recall:.2f}, of {len(theirs)}")
    assert precision >= 0.95
    assert recall >= 0.95
