"""Which files a run leaves, by what is wanted."""

import hashlib

import pypdf
import pytest

from auditor.config.models import Config
from auditor.model.vocabulary import Report
from reports import pack
from reports.history import History
from reports.view import build_view
from reports.write import REPORTS, RunArtifacts, write_reports
from tests.copies import replace

DATA = ["access.json", "agents.json", "findings.json", "stories.json", "timeline.json"]


@pytest.fixture
def write(shop, tmp_path):
    """Writes some reports of an audit, else of the shop's; gives the names of what is there then."""

    def write(*wanted, audit=shop.audit):
        kept = RunArtifacts(access=shop.access, stories=shop.stories, agents=shop.agents, timeline=shop.timeline)
        written = write_reports(audit, kept, shop.config, tmp_path, History(), wanted, kept.documents(audit))
        assert written.problems == ()
        assert all(path.exists() for path in written.files.values())
        return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())

    return write


def test_every_report_has_a_kind_and_all_are_wanted_unless_said_otherwise():
    assert set(REPORTS) == set(Report) == set(Config(organisation="x").reports)


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        ((), []),
        ((Report.CSV,), ["findings.csv"]),
        ((Report.CLEANUP,), ["cleanup.sh", "undo.sh"]),
        ((Report.PAGE,), ["report.html"]),
    ],
)
def test_only_what_is_wanted_is_written_beside_what_later_commands_need(write, wanted, files):
    assert write(*wanted) == sorted([*DATA, *files])


def test_a_pack_vouches_for_the_files_that_are_written_beside_it(write, tmp_path):
    assert write(Report.PDF, Report.CSV) == sorted([*DATA, "findings.csv", "report.pdf"])
    text = "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    for name in (*DATA, "findings.csv"):
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() in text
    assert "cleanup.sh" not in text


def test_a_report_of_other_findings_does_not_stay_beside_the_new_ones(write, shop, tmp_path):
    everything = write(*(report for report in Report if report is not Report.PDF))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")  # to make one takes seconds
    everything = sorted([*everything, "report.pdf"])
    assert write() == everything, "it is made from these findings still"
    fewer = replace(shop.audit, findings=shop.audit.findings[:2])
    assert write(Report.CSV, audit=fewer) == sorted([*DATA, "findings.csv", "undo.sh"])


def test_what_a_pack_leaves_out_is_said_to_be_where_it_is_and_the_page_holds_all_without_a_script(
    write, shop, tmp_path, crowd
):
    view = build_view(crowd(600), shop.config, shop.access)
    assert "more findings, in findings.csv." in pack.html(view)
    assert "more findings, in findings.json." in pack.html(replace(view, beside=(Report.PDF,)))
    write(Report.PAGE)
    page = (tmp_path / "report.html").read_text()
    assert [f'<li id="f-{one.id}">' in page for one in shop.audit.findings] == [True] * len(shop.audit.findings)


def test_a_pack_without_a_page_says_how_to_make_one(shop):
    view = build_view(shop.audit, shop.config)
    assert view.page == "on the page"
    alone = replace(view, beside=(Report.PDF,))
    assert alone.page == "on the page that `auditor report --reports page` makes"
