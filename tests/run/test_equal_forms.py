"""Evidence in another form that says the same: the same findings, and the same that could not be judged."""

import csv
import gzip
import io
import json
import re
from datetime import datetime, timedelta, timezone

import pytest
import yaml

from tests.nightly import AWS, CONFIG, FIRST, HOST, TRAIL, harbour_shop

LOG = f"logs/sshd/{HOST}.log"
IAM = "dumps/authorization-details.json"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
MADRAS = timezone(timedelta(hours=5, minutes=30))


def rows_of(company):
    return list(csv.reader(io.StringIO((company.folder / "tickets.csv").read_text())))


def as_csv(rows, **form):
    text = io.StringIO()
    csv.writer(text, **form).writerows(rows)
    return text.getvalue()


def from_excel(company):
    text = as_csv(rows_of(company), delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    company.write("tickets.csv", f"\N{BYTE ORDER MARK}{text}")


def columns_in_another_order(company):
    company.write(
        "tickets.csv", as_csv([[*row[::-1], "", "x"] for row in rows_of(company)]).replace(",,x", ",Sprint,id", 1)
    )


def rows_in_another_order(company):
    head, *rows = rows_of(company)
    company.write("tickets.csv", as_csv([[name.upper().replace("_", " ") for name in head], *rows[::-1]]))


def tickets_as_json(company):
    head, *rows = rows_of(company)
    (company.folder / "tickets.csv").unlink()
    company.write("tickets.json", json.dumps([dict(zip(head, row, strict=True)) for row in rows]))
    sources = [one | {"path": "tickets.json"} if one["name"] == "tickets" else one for one in CONFIG["sources"]]
    company.configure(sources=sources)


def times_of_another_zone(company):
    def there(found):
        return datetime.fromisoformat(found[0]).astimezone(MADRAS).isoformat()

    for place in ("tickets.csv", LOG):
        company.write(place, TIME.sub(there, (company.folder / place).read_text()))


def entries_in_another_order(company):
    def turned(value):
        return {key: value[key] for key in reversed(value)} if isinstance(value, dict) else value

    parts = {name: [turned(one) for one in reversed(CONFIG[name])] for name in ("people", "systems", "sources")}
    company.write("auditor.yaml", yaml.safe_dump(turned(CONFIG | parts), sort_keys=False, default_flow_style=True))


def lists_in_another_order(company):
    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(one) for one in reversed(value)] if isinstance(value, list) else value

    company.write(IAM, json.dumps(turned(json.loads((company.folder / IAM).read_text())), indent=4))


def trail_in_other_files(company):
    for path in (company.folder / TRAIL).rglob("*.gz"):
        records = json.loads(gzip.decompress(path.read_bytes()))["Records"]
        parts = records[len(records) // 2 :], records[: len(records) // 2], records[:1]
        for letter, part in zip("abc", parts, strict=True):
            text = json.dumps({"Records": part}, indent=1)
            path.with_name(path.name.replace("_abcdefgh.json.gz", f"_{letter}bcdefgh.json")).write_text(text)
        path.unlink()


def log_that_was_turned(company):
    head, tail = _halves(company)
    company.write(f"{LOG}.2.gz", gzip.compress(head.encode()))
    company.write(f"{LOG}.1", tail)


def log_of_each_day(company):
    head, tail = _halves(company)
    company.write("logs/sshd/2026-09-29.log", head)
    company.write("logs/sshd/2026-09-30.log", tail)


def _halves(company):
    path = company.folder / LOG
    lines = path.read_text().splitlines(keepends=True)
    path.unlink()
    return "".join(lines[:2]), "".join(lines[2:])


FORMS = (
    from_excel,
    columns_in_another_order,
    rows_in_another_order,
    tickets_as_json,
    times_of_another_zone,
    entries_in_another_order,
    lists_in_another_order,
    trail_in_other_files,
    log_that_was_turned,
    log_of_each_day,
)


def judged(night):
    found = {(one["rule"], one["summary"]) for one in night.report["findings"]}
    return found, {
        (one["rule"], one["subject"]) for one in night.report["not_judged"] if "tickets.csv" not in one["subject"]
    }


@pytest.mark.parametrize("form", FORMS)
def test_the_same_in_another_form_is_judged_alike(first_night, tmp_path, form):
    company = harbour_shop(tmp_path)
    form(company)
    night = company.night(FIRST, "--reports", "none")
    assert night.status == first_night.answer.status, night.stderr
    assert judged(night) == judged(first_night.answer)
    assert any(AWS in line["scope"] for line in night.report["coverage"])
