"""The page of a campaign."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from auditor.campaign.population import freeze
from auditor.model.attestations import Attestation
from auditor.model.vocabulary import Severity
from reports import review_page
from tests.copies import replace
from tests.reports.conftest import found

AT = datetime(2026, 10, 2, 9, tzinfo=UTC)


@pytest.fixture
def frozen(shop):
    def make(access=None):
        return freeze(
            shop.audit,
            access or shop.access,
            shop.config,
            campaign="2026-10",
            manifest="ab" * 32,
            opened_at=AT,
            due=date(2026, 10, 16),
        )

    return make


def said(line, by="leon", **fields):
    told = {"decision": "keep", "reason": "on call", "decided_by": by, "decided_at": AT + timedelta(hours=1)} | fields
    return Attestation(campaign="2026-10", line=line, **told)


def rendered(population, config, decided=None, conflicts=()):
    return review_page.render(population, "cd" * 32, decided or {}, conflicts, config)


def elements(text):
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(text)
    return found


def test_every_line_is_there_without_a_script(frozen, shop):
    population = frozen()
    page = rendered(population, shop.config)
    assert {a["data-line"] for _, a in elements(page) if "data-line" in a} == {line.id for line in population.lines}
    assert f"{len(population.lines)} lines of access to decide on by 16 Oct 2026" in page
    assert "cd" * 32 in page


def test_a_line_names_the_finding_that_would_take_it_away_before_others_of_its_holder(frozen, shop):
    handle = {"provider": "ssh", "user": "oncall", "fingerprint": "SHA256:x"}
    worse = found("changes/no-window", Severity.CRITICAL, "a", "b", person="nina", system="hosts")
    shared = found("shared/login", Severity.HIGH, "c", "d", account="ssh:oncall@web-1", handles=(handle,))
    shop.audit = replace(shop.audit, findings=(worse, shared))
    lent = next(path for path in shop.access if path.person == "nina")
    (line,) = frozen([replace(lent, handles=(json.dumps(handle),))]).lines
    assert line.findings == (shared.id, worse.id)


def test_nothing_from_outside_becomes_markup_and_nothing_is_asked_of_a_network(frozen, shop):
    bad = '"><script>alert(1)</script>{{ 7*7 }}'
    access = [replace(path, path=(bad, *path.path), ticket=bad, conditions=(bad,)) for path in shop.access]
    population = frozen(access)
    decided = {line.id: (said(line.id, reason=bad),) for line in population.lines}
    page = rendered(population, shop.config, decided)
    found = elements(page)
    assert [tag for tag, _ in found].count("script") == 2
    assert "alert(1)</script>" not in page
    assert "{{ 7*7 }}" in page
    assert not [a for _, attrs in found for a in attrs if a.startswith("on") or a == "style"]
    links = [value for _, attrs in found for name, value in attrs.items() if name in ("src", "href")]
    assert all(link.startswith("#") for link in links)
    (policy,) = (a["content"] for _, a in found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_what_was_decided_is_shown_with_who_and_when_and_a_conflict_stays_open(frozen, shop):
    population = frozen()
    one, two = (line.id for line in population.lines[:2])
    decided = {one: (said(one),), two: (said(two), said(two, by="mia", decision="until", until=date(2026, 12, 31)))}
    page = rendered(population, shop.config, decided, {two})
    assert "keep: on call (Leon Weiss, 2 Oct 2026 12:00 CEST)" in page
    assert "until 2026-12-31: on call (Mia Okafor, 2 Oct 2026 12:00 CEST)" in page
    rows = {a["data-line"]: a for _, a in elements(page) if "data-line" in a}
    assert ("data-decided" in rows[one], "data-decided" in rows[two]) == (True, False)
    assert page.count("Decided differently") == 1


def test_nobody_is_offered_their_own_lines(frozen, shop):
    population = frozen()
    page = rendered(population, shop.config)
    rows = {a["data-line"]: a for _, a in elements(page) if "data-line" in a}
    for line in population.lines:
        assert line.person not in rows[line.id]["data-may"].split()
    assert re.search(r'"people":\{.*"leon":"Leon Weiss"', page)
