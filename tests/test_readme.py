import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.config.load import load
from auditor.config.sources import TicketsFile
from auditor.model.tables import Ticket
from collectors.base import Context
from collectors.tickets.file import TicketsFileCollector

HOUSE = Path(__file__).parent.parent
README = (HOUSE / "README.md").read_text("utf-8")


def _block(language: str) -> str:
    return re.search(rf"(?ms)^```{language}\n(.*?)^```$", README)[1]


def test_the_first_configuration_is_a_valid_one(tmp_path):
    path = tmp_path / "auditor.yaml"
    path.write_text(_block("yaml"))

    assert [source.name for source in load(path).sources] == ["iam", "trail", "tickets"]


def test_the_example_of_a_ticket_file_is_read_whole(tmp_path):
    (tmp_path / "tickets.csv").write_text(_block("csv"))
    source = TicketsFile(name="tickets", kind="tickets-file", path="tickets.csv")
    collector = TicketsFileCollector(source, Context(datetime(2026, 10, 3, tzinfo=UTC), tmp_path))

    (batch,) = collector.fetch({})
    found = collector.normalise(batch)

    assert [seen.status for seen in found.coverage] == ["ok"]
    assert found.tables[Ticket].column("approver").to_pylist() == ["tom"]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", README))))
def test_what_the_readme_points_at_is_there(link):
    assert (HOUSE / link).is_file()


def test_pictures_are_light_enough_for_a_page():
    pictures = list((HOUSE / ".ci" / "pictures").glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
