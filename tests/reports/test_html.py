"""The interactive page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports import html
from reports.view import build_view
from tests.copies import replace


@pytest.fixture
def page(shop):
    return html.render(
        build_view(
            shop.audit, shop.config, shop.access, {"findings.json": "cd" * 32}, stories=shop.stories, agents=shop.agents
        )
    )


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.golden
def test_the_page_is_as_it_should_be(page, golden):
    bare = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    bare = re.sub(r"<script>.*?</script>", "<script></script>", bare, flags=re.DOTALL)
    golden("page.html", re.sub(r"'sha256-[^']+'|&#39;sha256-[^&]+&#39;", "'sha256-…'", bare))


def test_nothing_from_outside_becomes_markup(page):
    found = Elements(page).found
    assert [tag for tag, _ in found].count("script") == 2
    assert not [tag for tag, _ in found if tag in {"img", "iframe", "object", "link"}]
    assert not [name for _, attributes in found for name in attributes if name.startswith("on") or name == "style"]
    data = page.split('id="data">')[1].split("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(data)
    assert json.loads(data)["rows"][-1]["summary"].startswith("Nobody owns </script><script>")


def test_it_asks_nothing_of_any_network(page):
    assert not [
        value
        for _, a in Elements(page).found
        for key, value in a.items()
        if key in {"src", "href"} and not value.startswith("#")
    ]
    (policy,) = (a["content"] for _, a in Elements(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_an_audit_without_findings_says_so(shop):
    empty = replace(shop.audit, findings=(), not_judged=(), coverage=(), complete=True)
    text = html.render(build_view(empty, shop.config, ()))
    assert "Nothing needs a decision." in text
    assert "Nobody was seen to hold access." in text
    assert "No source was read." in text


def test_who_is_eligible_stands_apart_from_who_holds_something(shop):
    path = next(path for path in shop.access if path.person)
    text = html.render(build_view(shop.audit, shop.config, (), eligible=(replace(path, eligible=True),)))
    assert "Nobody was seen to hold access." in text
    assert "They hold nothing of this, and may ask for it." in text
    assert "may ask for it" not in html.render(build_view(shop.audit, shop.config, shop.access))


def test_five_thousand_findings_stay_under_five_megabytes(crowd, shop):
    assert len(html.render(build_view(crowd(5000), shop.config, shop.access)).encode()) < 5_000_000


@pytest.mark.browser
def test_in_a_real_browser_it_searches_filters_sorts_and_opens_by_keyboard(browser, shop, tmp_path):
    from playwright.sync_api import expect

    place = Path(tmp_path, "report.html")
    place.write_text(html.render(build_view(shop.audit, shop.config, shop.access)))
    trouble, asked = [], []
    page = browser.new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(place.as_uri())
    tally = page.locator("#tally")
    assert tally.inner_text() == "6 findings, 5 undecided"

    page.keyboard.press("/")
    page.keyboard.type("pay-184 LEON")
    expect(tally).to_have_text(re.compile("^1 of "))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "Ask what was done then" in page.locator(".story").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".story").count() == 0
    page.reload()
    assert tally.inner_text() == "1 of 6 findings, 1 undecided"

    page.click("form button[type=reset]")
    page.select_option("#severity", "high")
    expect(tally).to_have_text(re.compile("^3 of "))
    page.click("button[data-sort=person]")
    assert page.locator("#list tbody tr").first.locator("td").nth(2).inner_text() == "Leon Weiss"
    page.click(".pick[data-rule='standing/departed']")
    expect(tally).to_have_text(re.compile("^1 of "))
    page.fill("#q", "nobody has this")
    page.wait_for_selector("#none:not([hidden])")
    assert trouble == []
    assert {url.split("#")[0] for url in asked} == {place.as_uri()}


@pytest.mark.browser
def test_a_finding_of_several_systems_is_found_by_each_of_them(browser, shop, tmp_path):
    from playwright.sync_api import expect

    left = next(finding for finding in shop.audit.findings if finding.rule == "standing/departed")
    both = replace(
        left, subject=replace(left.subject, system=None), facts={**left.facts, "systems": ("hosts", "checkout")}
    )
    place = Path(tmp_path, "report.html")
    place.write_text(html.render(build_view(replace(shop.audit, findings=(both,)), shop.config, shop.access)))
    page = browser.new_page()
    page.goto(place.as_uri())
    options = page.locator("#system option").all_inner_texts()
    assert [one for one in options if one != "any"] == ["Checkout service (1)", "Web hosts (1)"]
    assert page.locator("#list tbody tr td").nth(3).inner_text() == "Web hosts, Checkout service"
    for name in ("Checkout service", "Web hosts"):
        page.select_option("#system", name)
        expect(page.locator("#tally")).to_have_text(re.compile("^1 finding"))
