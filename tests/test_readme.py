import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.config.load import load
from auditor.config.sources.tickets import TicketsFile
from auditor.model.tables import Ticket
from collectors.base import Context
from collectors.tickets.file import TicketsFileCollector

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text("utf-8")


PAGES = [HOUSE / "README.md", *sorted((HOUSE / "docs").rglob("*.md"))]
LINKS = [
    (page, link)
    for page in PAGES
    for link in sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)", page.read_text("utf-8"))))
]


def _block(language: str, page: str = README) -> str:
    return re.search(rf"(?ms)^```{language}\n(.*?)^```$", page)[1]


def test_a_newcomer_reads_it_in_one_sitting():
    assert len(README.splitlines()) <= 250


def test_the_first_configuration_is_a_valid_one(tmp_path):
    path = tmp_path / "auditor.yaml"
    path.write_text(_block("yaml"))

    assert [source.name for source in load(path).sources] == ["iam", "trail", "tickets"]


def test_the_example_of_a_ticket_file_is_read_whole(tmp_path):
    (tmp_path / "tickets.csv").write_text(_block("csv", (HOUSE / "docs/tickets.md").read_text("utf-8")))
    source = TicketsFile(name="tickets", kind="tickets-file", path="tickets.csv")
    collector = TicketsFileCollector(source, Context(datetime(2026, 10, 3, tzinfo=UTC), tmp_path))

    (batch,) = collector.fetch({})
    found = collector.normalise(batch)

    assert [seen.status for seen in found.coverage] == ["ok"]
    assert found.tables[Ticket].column("approver").to_pylist() == ["tom"]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page.name}-{link}" for page, link in LINKS])
def test_what_a_page_points_at_is_there(page, link):
    assert (page.parent / link).is_file()


@pytest.mark.parametrize("page", sorted((HOUSE / "docs").glob("*.md")), ids=lambda page: page.name)
def test_each_page_is_linked_from_the_readme_or_the_overview(page):
    linked = {(where.parent / link).resolve() for where, link in LINKS if where in (PAGES[0], HOUSE / "docs/README.md")}
    assert page in linked or page.name == "README.md"


def test_the_site_leads_to_each_page():
    led = set(re.findall(r"(\S+\.md)$", (HOUSE / ".ci/mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    assert led == {str(page.relative_to(HOUSE / "docs")) for page in PAGES[1:]}


def test_a_link_into_a_page_leads_to_a_heading():
    for page in PAGES:
        for place, anchor in re.findall(r"\]\(((?!https?:)[^)#]*)#([^)]+)\)", page.read_text("utf-8")):
            target = (page.parent / place if place else page).read_text("utf-8")
            headings = re.findall(r"^#+ (.*)$", target, re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, (page, anchor)


def test_pictures_are_light_enough_for_a_page():
    pictures = list((HOUSE / ".ci" / "pictures").glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
