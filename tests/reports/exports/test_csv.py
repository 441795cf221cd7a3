"""findings.csv, for spreadsheets."""

import csv
import io

import pytest

from reports.exports.csv import dumps
from tests.copies import replace


def rows(audit):
    return list(csv.DictReader(io.StringIO(dumps(audit).decode("utf-8-sig"), newline="")))


def test_one_line_a_finding_with_every_column(shop):
    lines = rows(shop.audit)
    assert len(lines) == 6
    assert lines[2]["id"] == shop.audit.findings[2].id
    assert lines[2]["starts_at"] == "2026-10-01T02:00:00Z"
    assert lines[2]["controls"] == "soc2: CC6.2, CC6.3; iso27001: A.5.18"
    assert lines[2]["evidence"] == "AWSLogs/x.json.gz#17"
    assert lines[3]["person"] == ""
    assert lines[4]["exception"].startswith('{"reason": "owner on call"')


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", " ="])
def test_a_formula_becomes_text(shop, start):
    formula = f'{start}HYPERLINK("http://evil.example")'
    finding = replace(shop.audit.findings[0], summary=formula)
    (line,) = rows(replace(shop.audit, findings=(finding,)))
    assert line["summary"] == "'" + formula.replace("\t", " ").replace("\r", " ")


def test_text_with_commas_quotes_and_lines_stays_in_its_cell_and_moves_no_cursor(shop):
    finding = replace(shop.audit.findings[0], summary='a, "b"\nc; \x00\x1b[2J\u202egpj')
    (line,) = rows(replace(shop.audit, findings=(finding,)))
    assert line["summary"] == 'a, "b" c; \ufffd\ufffd[2J\ufffdgpj'


def test_what_a_revocation_needs_is_not_in_it(shop):
    assert '"provider"' not in dumps(shop.audit).decode()
