"""Page and pack on phone, tablet, screen and paper, in a real browser: for a small company and for a big one."""

import dataclasses
import io
import re
from pathlib import Path
from shutil import which

import pypdf
import pytest

from auditor.config.roster import Person
from auditor.config.systems import AwsResource, System
from auditor.model.vocabulary import Level, Report
from reports import html, pdf
from reports.history import History
from reports.write import Reported, RunArtifacts

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
WIDTHS = (390, 820, 1400)

# The cells whose words are broken although they stand in less than twelve characters, with their text.
NARROW = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const narrow = [];
  for (const cell of document.querySelectorAll("td, th, dd, figcaption, li, p")) {
    const box = cell.getBoundingClientRect();
    if (!box.width || cell.closest(".sr, .strip") || cell.classList.contains("sr")) continue;
    const style = getComputedStyle(cell), text = cell.innerText.trim();
    pen.font = style.font;
    const inner = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const longest = Math.max(0, ...text.split(/\\s+/).map((word) => pen.measureText(word).width));
    const twelve = pen.measureText("n".repeat(12)).width;
    if (text && inner + 4 < Math.min(twelve, longest)) narrow.push(`${Math.round(inner)}: ${text.slice(0, 60)}`);
  }
  return narrow;
}"""
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def _made(shop, audit=None, **changes):
    kept = RunArtifacts(access=shop.access, stories=shop.stories, agents=shop.agents, timeline=shop.timeline)
    return Reported(
        audit=audit or shop.audit,
        kept=dataclasses.replace(kept, **changes),
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
        dataclasses.replace(
            path,
            account=f"p{n}",
            system=f"system-{(n * 7 + k) % 30}",
            level=Level.WRITE if k == n % 3 else Level.READ,
            identity=dataclasses.replace(path.identity, person=f"person-{n}", account=f"p{n}"),
        )
        for n in range(700)
        for k in range(3)
    ]
    shop.config = shop.config.model_copy(update={"systems": systems, "people": people})
    lane = shop.timeline.lanes[0]
    lanes = tuple(dataclasses.replace(lane, who=f"person-{n}", system=f"system-{n % 30}") for n in range(400))
    return _made(shop, crowd(500), access=access, timeline=dataclasses.replace(shop.timeline, lanes=lanes))


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_page_can_be_read_at_every_width_on_paper_without_a_script_and_by_everybody(small, big, tmp_path):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright

    trouble, noise = [], []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, view in (("small", small), ("big", big)):
            place = Path(tmp_path, f"{name}.html")
            place.write_text(html.render(view))
            page = browser.new_page()
            page.on("console", lambda message: noise.append(message.text))
            page.goto(place.as_uri())
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                across = page.evaluate("document.documentElement.scrollWidth")
                trouble += [f"{name} at {width}: it is {across} pixels wide"] if across > width else []
                trouble += [f"{name} at {width}: {cell}" for cell in page.evaluate(NARROW)]
            page.emulate_media(media="print")
            trouble += [f"{name} printed: {cell}" for cell in page.evaluate(NARROW)]
            page.emulate_media(media="screen")
            printed, packed = (
                len(pypdf.PdfReader(io.BytesIO(made)).pages) for made in (page.pdf(format="A4"), pdf.render(view))
            )
            trouble += [f"{name}: {printed} pages printed, {packed} packed"] if printed > 2 * packed else []
            plain = browser.new_context(java_script_enabled=False).new_page()
            plain.goto(place.as_uri())
            assert plain.locator("ul.plain li").count() == len(view.rows)

        page = browser.new_page()
        page.goto(Path(tmp_path, "small.html").as_uri())
        page.locator("#month a").first.click()
        expect(page.locator("#tally")).to_have_text(re.compile("^1 of "))
        expect(page.locator(".story")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for one in Axe().run(page, options=AXE).response["violations"]:
                trouble.append(f"{scheme}: {one['id']}: {one['nodes'][0]['html']}: {one['nodes'][0]['failureSummary']}")
        browser.close()
    assert trouble == noise == []
