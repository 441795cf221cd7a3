"""Page, pack and the page of a campaign on phone, tablet, screen and paper, in a real browser: for a small company and for a big one."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.campaign.population import freeze
from auditor.config.roster import Person
from auditor.config.systems import AwsResource, System
from auditor.model.vocabulary import Level, Report
from reports import html, review_page
from reports.history import History
from reports.write import Reported, RunArtifacts
from tests.copies import replace
from tests.layout import barriers, trouble


def _made(shop, audit=None, **changes):
    kept = RunArtifacts(access=shop.access, stories=shop.stories, agents=shop.agents, timeline=shop.timeline)
    return Reported(
        audit=audit or shop.audit,
        kept=replace(kept, **changes),
        config=shop.config,
        past=History(),
        beside=tuple(Report),
        files={},
    ).view


@pytest.fixture
def small(shop):
    return _made(shop)


@pytest.fixture
def big(small, shop, crowd):
    """Seven hundred people, thirty systems and five hundred findings."""
    systems = tuple(
        System(
            id=f"system-{n}",
            name=f"System {n} of everything",
            resources=(AwsResource(provider="aws", account="111122223333", match=("*",)),),
        )
        for n in range(30)
    )
    people = tuple(Person(id=f"person-{n}", name=f"Person {n} Surname", email=f"p{n}@x.example") for n in range(700))
    path = next(path for path in shop.access if path.person == "leon")
    access = [
        replace(
            path,
            account=f"p{n}",
            system=f"system-{(n * 7 + k) % 30}",
            level=Level.WRITE if k == n % 3 else Level.READ,
            identity=replace(path.identity, person=f"person-{n}", account=f"p{n}"),
        )
        for n in range(700)
        for k in range(3)
    ]
    shop.config = shop.config.model_copy(update={"systems": systems, "people": people})
    lane = shop.timeline.lanes[0]
    lanes = tuple(replace(lane, who=f"person-{n}", system=f"system-{n % 30}") for n in range(400))
    return _made(shop, crowd(500), access=access, timeline=replace(shop.timeline, lanes=lanes))


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_can_be_read_at_every_width_on_paper_without_a_script_and_by_everybody(browser, small, big, tmp_path):
    from playwright.sync_api import expect

    found = []
    # Twice as many as the pack may have, by its own tests.
    for name, view, most in (("small", small, 12), ("big", big, 30)):
        place = Path(tmp_path, f"{name}.html")
        place.write_text(html.render(view))
        found += trouble(browser, place, most)
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(place.as_uri())
        assert plain.locator("ul.plain li").count() == len(view.rows)

    page = browser.new_page()
    page.goto(Path(tmp_path, "small.html").as_uri())
    page.locator("#month a").first.click()
    expect(page.locator("#tally")).to_have_text(re.compile("^1 of "))
    expect(page.locator(".story")).to_be_visible()
    found += barriers(page)
    assert found == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_campaigns_page_can_be_read_at_every_width_on_paper_and_by_everybody(browser, shop, tmp_path):
    at = datetime(2026, 10, 2, 9, tzinfo=UTC)
    told = {"campaign": "2026-10", "manifest": "ab" * 32, "opened_at": at, "due": date(2026, 10, 16)}
    population = freeze(shop.audit, shop.access, shop.config, **told)
    place = Path(tmp_path, "campaign.html")
    place.write_text(review_page.render(population, "cd" * 32, {}, (), shop.config))
    found = trouble(browser, place)
    page = browser.new_page()
    page.goto(place.as_uri())
    found += barriers(page)
    # Others are named on a line too, among who else can change the system: it is not theirs.
    page.locator("#q").fill("nina")
    rows = page.locator("tr[data-line]:not([hidden])").all()
    shown = {row.get_attribute("data-line") for row in rows}
    assert found == []
    assert shown == {line.id for line in population.lines if line.person == "nina"} != set()
