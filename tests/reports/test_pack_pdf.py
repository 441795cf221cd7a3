"""The PDF for the meeting, by its text and page count."""

import io

import pypdf
import pytest

from reports import pack as printed_pack
from reports.pdf import printed
from reports.view import build_view
from tests.copies import replace


def read(data):
    return pypdf.PdfReader(io.BytesIO(data))


def words(reader):
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module")
def pack(lasting_shop):
    shop = lasting_shop
    return read(
        printed_pack.render(
            build_view(shop.audit, shop.config, shop.access, {"findings.json": "cd" * 32}, stories=shop.stories)
        )
    )


def test_the_first_page_has_the_sentence_that_matters(pack):
    first = " ".join(pack.pages[0].extract_text().split()).replace("person- hours", "person-hours")
    assert "4 people and 1 account that nobody owns can change production today; 5 findings need a decision." in first
    assert "were used; 168 more may have been possible." in first
    assert "This audit is not complete" in first


def test_it_holds_what_the_meeting_needs(pack):
    text = words(pack)
    for wanted in (
        "4 minutes after PAY-184's window ended",
        "☐ explained",
        "→ Give it a ticket and an end, or take it away.",
        "If it goes",
        "T1 Left, and still able to get in",
        "8.2.2: shared accounts",
        "Sample to perform again",
        "until 31 Dec 2026, approved by tom: owner on call",
        "the source gcp failed",
        "Reviewed by",
        "SOC 2 CC6.2",
        "cd" * 32,
        "Nobody owns </script><script>alert(1)</script><!--",
    ):
        assert wanted in text
    assert len(pack.pages) <= 8


def test_no_text_is_smaller_than_eight_and_a_half_points(pack):
    sizes = set()

    def seen(text, shown, _, __, size):
        sizes.add(round(size * shown[0], 1))

    for page in pack.pages:
        page.extract_text(visitor_text=lambda text, *rest: seen(text, *rest) if text.strip() else None)
    assert min(sizes) == 8.5


def test_it_is_tagged_bookmarked_and_says_what_it_is(pack):
    assert pack.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pack.trailer["/Root"]["/Lang"] == "en"
    assert pack.metadata.title == "Production access of Harbour Shop, 2 October 2026"
    titles = [entry.title for entry in pack.outline if not isinstance(entry, list)]
    assert titles[:3] == ["Summary", "What needs a decision", "Who can touch what"]
    assert f"1 / {len(pack.pages)}" in pack.pages[0].extract_text()


def test_its_length_does_not_grow_with_the_findings(crowd, shop):
    view = build_view(crowd(300), shop.config, shop.access)
    assert len(read(printed_pack.render(view)).pages) <= 15
    assert "more findings, in findings.csv" in printed_pack.html(view)


def test_an_audit_without_anything_is_a_short_pack(shop):
    empty = replace(shop.audit, findings=(), not_judged=(), coverage=(), complete=True)
    reader = read(printed_pack.render(build_view(empty, shop.config)))
    text = words(reader)
    assert "Nothing needs a decision." in text
    assert "Not known: this report was made from findings alone." in text
    assert len(reader.pages) <= 7


def test_a_letter_that_no_font_has_is_named_once(caplog):
    printed("<p>\U0010abcd\U0010abcd</p>" * 3, "pack.css")
    (said,) = [one for one in caplog.messages if "\U0010abcd" in one]
    assert said.startswith("No font here has \U0010abcd: the PDF shows boxes; install one")


def test_a_word_as_long_as_a_report_shows_is_set_at_once():
    row = f"<tr><td>{'A' * 1000}</td><td>b</td></tr>"
    pages = read(printed(f"<table>{row * 4}</table>", "pack.css")).pages
    assert sum(page.extract_text().count("A") for page in pages) == 4000
