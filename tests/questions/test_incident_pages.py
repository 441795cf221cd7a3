"""The review as a page and as a PDF: what stands in them, and that nothing from outside acts in them."""

import io
import re
import stat
from html.parser import HTMLParser

import pypdf
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from auditor.case.incident import incident as resolve
from auditor.cli.commands import cli
from auditor.cli.terminal.past import review_lines
from auditor.questions.past import incident, write
from auditor.questions.scene import named_system
from auditor.questions.times import Times
from reports.incident import review_view
from reports.incident_lines import said_once
from reports.incident_pages import render, render_markdown, render_pdf
from reports.incident_reversal import Can, Reversal, summary
from reports.incident_values import Difference
from reports.words import record
from tests.copies import replace
from tests.layout import barriers, trouble
from tests.thursday import NEXT_NIGHT, at, options

HOSTILE = "</b><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"


@pytest.fixture(scope="session")
def review(shop):
    return incident(options(shop), "checkout", Times(at("10:30:00"), at("12:30:00")))


@pytest.fixture(scope="session")
def resolved(shop):
    told = options(shop)
    system = named_system(told.config, "checkout")
    return resolve(told.store, told.config, system, at("10:30:00"), at("12:30:00"), NEXT_NIGHT)


@pytest.fixture
def hostile(review):
    """The review, with markup wherever text comes from outside."""
    line = review.lines[0]
    pointer = replace(line.evidence, source=HOSTILE, origin=HOSTILE)
    said = replace(
        line,
        who=HOSTILE,
        what=HOSTILE,
        target=HOSTILE,
        ticket=HOSTILE,
        changed=(Difference(HOSTILE, HOSTILE, HOSTILE),),
        evidence=pointer,
    )
    named = review.system.model_copy(update={"name": HOSTILE})
    return replace(
        review,
        lines=(replace(said, reversal=Reversal(Can.YES, HOSTILE)),),
        gaps=(HOSTILE,),
        questions=(HOSTILE,),
        system=named,
        headline=HOSTILE,
    )


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser.found


def test_the_page_tells_the_story_in_order(review):
    page = render(review)
    places = [page.index(text) for text in ("12:50:00", "desiredCount 4 → 40", "desiredCount 40 → 4", "4,000 times")]
    assert places == sorted(places)
    assert "Reversed 1 Oct 2026 13:12 CEST by Mia Berg." in page


def test_markup_from_outside_is_text_on_the_page(hostile):
    page = render(hostile)
    found = tags(page)
    assert "\u202e" not in page
    assert not {"script", "img"} & {tag for tag, _ in found}
    assert not any(name.startswith("on") for _, attributes in found for name in attributes)


def test_the_page_runs_and_fetches_nothing(review):
    found = tags(render(review))
    (policy,) = [a["content"] for tag, a in found if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not any("src" in attributes for _, attributes in found)
    leads = {
        (tag, attributes["href"].partition("/cloudtrailv2/")[0]) for tag, attributes in found if "href" in attributes
    }
    inside = {href[1:] for _, href in leads if href.startswith("#")}
    assert inside == {a["id"] for tag, a in found if tag == "section"}
    assert leads - {("a", f"#{one}") for one in inside} == {
        ("a", f"https://{region}.console.aws.amazon.com") for region in ("eu-central-1", "us-east-1")
    }


def test_each_line_carries_the_whole_pointer_to_its_record(review):
    titles = [
        attributes["title"] for tag, attributes in tags(render(review)) if tag == "small" and "title" in attributes
    ]
    assert titles == [record(line.evidence) for line in review.lines]


def test_the_pdf_is_tagged_bookmarked_and_says_the_same(review):
    pdf = pypdf.PdfReader(io.BytesIO(render_pdf(review)))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert [mark.title for mark in pdf.outline if not isinstance(mark, list)][:3] == [
        "Summary",
        "What happened",
        "Who acted",
    ]
    assert "/StructTreeRoot" in pdf.trailer["/Root"]
    assert "desiredCount 4 → 40" in text
    assert "Who else could have changed it" in text
    assert len(pdf.pages) <= 4


def test_markup_from_outside_is_text_in_the_pdf(hostile):
    text = pypdf.PdfReader(io.BytesIO(render_pdf(hostile))).pages[0].extract_text()
    assert "<script>alert(1)" in "".join(text.split())


def test_a_time_of_which_nothing_is_known_makes_pages_all_the_same(shop):
    nothing = incident(options(shop), "checkout", Times(at("10:00:00", day=5), at("11:00:00", day=5)))
    page = render(nothing)
    assert "Nothing is on record. Mind what could not be seen, below." in page
    assert "This review is not complete" in page
    assert render_pdf(nothing).startswith(b"%PDF")


def test_both_are_written_for_their_owner_alone_into_a_folder_of_that_incident(own_shop):
    told = options(own_shop)
    written = write(told, incident(told, "checkout", Times(at("10:30:00"), at("12:30:00"))))
    folder = own_shop.output / "incidents" / "checkout-20261001T103000Z"
    assert written.files == {
        "page": folder / "incident.html",
        "Markdown": folder / "incident.md",
        "PDF": folder / "incident.pdf",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.files.values()} == {0o600}


def test_markdown_holds_the_timeline_the_values_the_evidence_and_what_is_open(review):
    told = render_markdown(review)
    assert (
        "| 13:04:12 | Leon Roth | changed `ecs:UpdateService` on service/checkout-prod/checkout-worker | PAY-310 | `"
        in told
    )
    assert "  * `desiredCount`: `4` → `40`\n" in told
    assert (
        "* What did Mia Berg make 2 changes for (/usr/bin/systemctl restart checkout-worker and ecs:UpdateService)?"
        in told
    )
    assert all(f"`{line.evidence.event_id}`" in told for line in review.lines if line.evidence.event_id)
    clocks = [line[2:10] for line in told.splitlines() if line.startswith("| 1")]
    assert clocks == sorted(clocks)
    assert len(clocks) == len(review.lines)


def test_nothing_from_outside_acts_in_markdown(hostile):
    parser = MarkdownIt("commonmark").enable(["table"])
    tokens = [one for token in parser.parse(render_markdown(hostile)) for one in (token, *(token.children or ()))]
    assert {token.type for token in tokens} & {"html_block", "html_inline", "image"} == set()
    leads = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert all(href.startswith("https://us-east-1.console.aws.amazon.com/") for href in leads)
    rows = [len(re.findall(r"(?<!\\)\|", line)) for line in render_markdown(hostile).splitlines() if line[:2] == "| "]
    assert set(rows) == {6}


def test_links_lead_to_consoles_and_tickets_and_a_hostile_address_is_none(resolved):
    leon = next(act for act in resolved.acts if act.told.person == "leon")
    told = replace(leon.told, evidence=replace(leon.told.evidence, event_id="fde1984d-3e8b-4d50-aa5b-b570e79dc2cc"))
    acts = (replace(leon, told=told),)
    for url, linked in (("https://pager.example/PAY-310", True), ("javascript:alert(1)", False)):
        ticket = replace(resolved.tickets["PAY-310"], url=url)
        view = review_view(replace(resolved, acts=acts, tickets={"PAY-310": ticket}, deployments=()), {})
        page, markdown = render(view), render_markdown(view)
        assert [one.label for one in view.lines[0].links] == ["console", *["PAY-310"] * linked]
        console = view.lines[0].links[0].url
        assert f'<a href="{console}" rel="noopener noreferrer">console</a>' in page
        assert f"[console](<{console}>)" in markdown
        assert (url in page, url in markdown) == (linked, linked)
        assert (f"| [PAY-310](<{url}>) |" in markdown) == linked


def test_a_release_leads_to_its_pipeline_and_its_merge_requests_and_a_hostile_address_is_none(resolved):
    own, odd = "https://gitlab.harbour.example/harbour/checkout/-/", "javascript:alert(1)//merge_requests/9"
    (row,) = resolved.deployments
    told = replace(row, pipeline=f"{own}pipelines/7", merge_request=f"{own}merge_requests/88, {odd}, !90")
    view = review_view(replace(resolved, deployments=(told,), released=(told,)), {})
    (line,) = [one for one in view.lines if one.kind == "release"]
    assert [(one.label, one.url) for one in line.links] == [
        ("pipeline", f"{own}pipelines/7"),
        ("merge request 88", f"{own}merge_requests/88"),
    ]
    assert f"merge request 88, {odd} and !90, approved by" in line.what
    assert f'<a href="{own}merge_requests/88" rel="noopener noreferrer">merge request 88</a>' in render(view)
    assert f"[merge request 88](<{own}merge_requests/88>)" in render_markdown(view)
    assert 'href="javascript' not in render(view)
    assert f"{own}merge_requests/88" in [words.strip() for words in review_lines(view)]


def test_comments_on_a_ticket_stand_on_the_timeline_and_are_text(resolved):
    said = f"2026-10-01T11:30:00Z mia: {HOSTILE}"
    others = ("2026-10-01T10:00:00Z mia: too early", "no time: x", "2026-10-01T11:31:00 mia: no zone", "")
    ticket = replace(resolved.tickets["PAY-310"], comments=(said, *others))
    view = review_view(replace(resolved, tickets={"PAY-310": ticket}), {}, ticket)
    (line,) = [one for one in view.lines if one.part == "said"]
    assert (line.who, line.did, line.at, line.ticket) == ("Mia Berg", "wrote", at("11:30:00"), "PAY-310")
    assert "Comments on tickets" in "\n".join(review_lines(view))
    assert "\u202e" not in "\n".join(review_lines(view))
    assert {tag for tag, _ in tags(render(view))} & {"script", "img"} == set()
    tokens = MarkdownIt("commonmark").enable(["table"]).parse(render_markdown(view))
    assert {one.type for token in tokens for one in token.children or ()} & {"html_inline", "image"} == set()


def test_markdown_and_html_are_printed_alone(shop, tmp_path):
    told = ["incident", "checkout", "--config", str(shop.folder / "auditor.yaml"), "--output", str(tmp_path / "none")]
    told += ["--from", "2026-10-01T12:30:00+02:00", "--to", "2026-10-01T14:30:00+02:00", "--format"]
    markdown = CliRunner().invoke(cli, [*told, "markdown"])
    assert markdown.output.startswith("# Incident review: Checkout service, 1 Oct 2026 12:30 to 14:30 CEST\n")
    page = CliRunner().invoke(cli, [*told, "html"])
    assert page.output.startswith("<!doctype html>")
    assert not (tmp_path / "none").exists()


def test_what_cannot_be_written_is_said_after_the_review_and_the_status_tells(shop, tmp_path):
    (tmp_path / "taken").write_text("")
    told = ["incident", "--config", str(shop.folder / "auditor.yaml"), "--system", "checkout"]
    told += ["--from", "2026-10-01T12:30:00+02:00", "--to", "2026-10-01T14:30:00+02:00"]
    result = CliRunner().invoke(cli, [*told, "--output", str(tmp_path / "taken")], standalone_mode=False)
    assert "desiredCount 4 → 40" in result.output
    assert result.return_value == 3
    assert "cannot be written" in result.output


@pytest.mark.browser
def test_a_browser_shows_it_without_a_complaint_and_runs_nothing(browser, hostile, tmp_path):
    (tmp_path / "incident.html").write_text(render(hostile))
    page = browser.new_page()
    said, dialogs = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto((tmp_path / "incident.html").as_uri())
    assert page.locator("table.minutes tbody tr").count() == 2
    assert (said, dialogs) == ([], [])


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_can_be_read_at_every_width_on_paper_and_by_everybody(browser, review, hostile, tmp_path):
    found = []
    for name, view, most in (("incident", review, 8), ("hostile", hostile, None)):
        place = tmp_path / f"{name}.html"
        place.write_text(render(view))
        found += trouble(browser, place, most)
        page = browser.new_page()
        page.goto(place.as_uri())
        found += barriers(page)
    assert found == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], ""),
        ([(Can.ASK, 7), (Can.ASK, 1)], "No way back is known for 8 of 8 changes."),
        ([(Can.ASK, 1), (Can.NOTHING, 1)], "No way back is known for 1 of 2 changes; 1 with nothing to reverse."),
        ([(Can.NO, 1)], "0 of 1 change can be reversed; 1 cannot be."),
        (
            [(Can.YES, 1), (Can.ASK, 1)],
            "1 of 2 changes can be reversed; 1 whose value before, or way back, is not known.",
        ),
    ],
)
def test_what_is_not_known_to_be_reversible_is_not_called_irreversible(changes, said):
    assert summary((Reversal(can, ""), count) for can, count in changes) == said


def test_a_way_back_that_the_line_before_tells_of_the_same_thing_is_told_once(review):
    line = replace(review.lines[0], reversal=Reversal(Can.ASK, "Set it back"), target="checkout-api")
    other = replace(line, target="basket-api")
    marked = [one.again for one in said_once([line, line, other, line])]
    assert marked == [False, True, False, False]
    twice = replace(review, lines=(line, replace(line, again=True)))
    assert [form(twice).count("Set it back") for form in (render, render_markdown)] == [1, 1]
