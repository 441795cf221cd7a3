"""The material that lies beside the checkout on some machines: field cases, and a company with known violations.

`make field` runs these; `make test` leaves them out. A case that is right stays right: one that fails is a step back,
and one that is right though it is listed as wrong is to be taken off the list.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import LIMIT

SHARED = Path(__file__).parents[2] / "shared"
CASES = sorted(path.parent.name for path in SHARED.glob("field/cases/*/expect.json"))
AUDITOR = Path(sys.executable).with_name("auditor")
KNOWN = 92
WRONG: frozenset[str] = frozenset()  # cases that are not right yet
# What the auditor reaches of the company's planted violations, and what part of its findings is none of them.
RECALL, PRECISION = "0.87", "0.93"

pytestmark = [pytest.mark.field, pytest.mark.skipif(not CASES, reason="needs ../shared/field and ../shared/exam")]


def program(*command, cwd=None):
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    return done.returncode, done.stdout + done.stderr


def listed(name):
    why = "not right yet; where it passes, take it off the list"
    return pytest.param(name, marks=pytest.mark.xfail(reason=why, strict=True) if name in WRONG else [])


def test_every_case_that_is_known_is_still_there():
    assert not WRONG - set(CASES)
    assert len(CASES) >= KNOWN


@pytest.mark.parametrize("name", [listed(name) for name in CASES])
def test_a_careful_reviewer_finds_the_case_right(name):
    status, said = program(SHARED / "field/score.py", SHARED / "field/cases", "--auditor", AUDITOR, "--only", name)
    assert re.search(r"^[01] of 1 right$", said, re.MULTILINE), said
    assert status == 0, said


def test_the_exams_company_scores_no_worse_than_it_did(tmp_path):
    company = SHARED / "exam/company-2"
    places = ("--evidence", tmp_path / "evidence", "--output", tmp_path / "output")
    at = (company / "audit-at.txt").read_text().strip()
    command = ("-m", "auditor", "run", "--config", company / "auditor.yaml", "--at", at, *places)
    status, said = program(*command, cwd=tmp_path)
    assert status in (1, 3), said
    findings = tmp_path / "output/latest/findings.json"
    floor = ("--recall", RECALL, "--precision", PRECISION)
    status, said = program(SHARED / "exam/score.py", company / "truth.json", findings, *floor)
    assert status == 0, said
