"""A campaign over the company with known violations, from open to close: two reviewers, one source failing in between."""

import json
import shutil
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from reports.attestation_json import FORMAT
from tests.nightly import surroundings
from tests.programs import called

EXAM = Path(__file__).parents[2] / "shared/exam/company-2"
BROKEN = {"old-account", "old-trail"}  # they can never be read
EDGE = "dumps/authorization-details-185923101068.json"
MEETING, EVENING = timedelta(hours=5), timedelta(hours=15)

pytestmark = [pytest.mark.field, pytest.mark.skipif(not EXAM.exists(), reason="needs ../shared/exam/company-2")]


class Company:
    """A copy of the company, day by day."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(EXAM, folder, copy_function=shutil.copyfile)
        self.first = datetime.fromisoformat((folder / "audit-at.txt").read_text().strip())
        self.reviews = folder / "output/reviews/2025-11"

    def auditor(self, *words, day, hour=MEETING):
        at = (self.first + timedelta(days=day) + hour).isoformat()
        return called(*words, "--at", at, folder=self.folder, environment=surroundings())

    def done(self, *words, day, hour=MEETING):
        status, told, errors = self.auditor(*words, day=day, hour=hour)
        assert status == 0, errors
        return told

    def night(self, day):
        status, _, errors = self.auditor("run", "--quiet", "--reports", "none", day=day, hour=timedelta())
        assert status == 3, errors

    def standing(self, day, hour=MEETING):
        return json.loads(self.done("review", "status", "--json", day=day, hour=hour))

    def decided(self, by, lines, revoked):
        """A reviewer's file: everything is kept but what is revoked."""
        revoke, keep = {"decision": "revoke", "reason": "no standing admin"}, {"decision": "keep", "reason": "on duty"}
        entries = [{"line": one["id"], **(revoke if one["id"] == revoked else keep)} for one in lines]
        population = sha256((self.reviews / "population.json").read_bytes()).hexdigest()
        told = {"format": FORMAT, "campaign": "2025-11", "population": population, "by": by, "lines": entries}
        (self.folder / f"{by}.json").write_text(json.dumps(told))
        return f"{by}.json"


def test_a_campaign_of_the_exams_company_from_open_to_close(tmp_path):
    company = Company(tmp_path / "company")
    company.night(0)
    company.done("review", "open", "--month", "2025-11", day=0)
    lines = json.loads((company.reviews / "population.json").read_bytes())["lines"]
    assert all(line["reviewer"] not in (None, line["person"]) for line in lines)
    theirs = [line for line in lines if line["reviewer"] == "rene"]
    (admin,) = [line for line in theirs if "policy AdministratorAccess" in line["path"]]

    # The night after, one dump is cut off; both hand in what they decided.
    whole = (company.folder / EDGE).read_bytes()
    (company.folder / EDGE).write_bytes(whole[: len(whole) // 2])
    company.night(1)
    rest = [line for line in lines if line["reviewer"] != "rene"]
    files = company.decided("rene", theirs, admin["id"]), company.decided("celia", rest, None)
    assert company.done("review", "decide", *files, day=1).startswith(f"{len(lines)} decisions recorded")
    found = company.standing(1)
    assert found["undecided"] == 0
    assert {one["source"] for one in found["sources"] if one["now"]} == BROKEN | {"iam-brightwell-edge"}
    status, _, errors = company.auditor("review", "close", "--by", "celia", day=1)
    assert (status, "iam-brightwell-edge" in errors) == (2, True)

    # What could not be read is closed over on the record; then the dump is whole again, and the right is gone from it.
    reason = "the old account was closed in October"
    company.done("review", "close", "--by", "celia", "--despite", reason, day=1, hour=EVENING)
    script = (company.reviews / "cleanup/cleanup.sh").read_text()
    assert "policy AdministratorAccess: no standing admin" in script
    # Others keep what the same policy gives on their systems: whoever runs the script is told.
    assert "The same right gives what nobody decided to revoke: Zoë Krüger on" in script
    record = json.loads((company.reviews / "record.json").read_text())
    assert (record["despite"], record["verdicts"]) == (reason, {"keep": len(lines) - 1, "revoke": 1})
    assert "iam-brightwell-edge" in " ".join(record["left_open"])
    assert company.standing(1, EVENING)["proofs"][0]["outcome"] == "could not be judged"
    dump = json.loads(whole)
    (holder,) = [user for user in dump["UserDetailList"] if user["Arn"] == admin["account"]]
    holder["AttachedManagedPolicies"] = []
    (company.folder / EDGE).write_text(json.dumps(dump))
    company.night(2)
    found = company.standing(2)
    assert [(one["line"], one["outcome"]) for one in found["proofs"]] == [(admin["id"], "gone")]
    edge = next(one for one in found["sources"] if one["source"] == "iam-brightwell-edge")
    assert (edge["then"], edge["since"], edge["now"]) == (False, 1, False)
