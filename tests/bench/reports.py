"""The PDF and the page of many findings: the demo company's, spread over more systems until there are enough."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from shutil import which
from typing import Any

from tests.bench.measure import Cost, Line, at_most, interleaved, task
from tests.copies import replace
from tests.subjects import about

ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
SYSTEMS = 40
STORIES = 500
_CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
# Looks with every frame, by the browser's clock; gives up after ten seconds.
_ANSWERED = """() => new Promise((done, fail) => {
    const look = () => {
        if (/^[1-9][0-9,]* of 5,000 /.test(document.querySelector("#tally").textContent)) done(performance.now());
        else if (performance.now() > 10000) fail(new Error("the search was not answered"));
        else requestAnimationFrame(look);
    };
    look();
})"""
_FEW, _MANY, _PAGE, _OPENED = "PDF of 500 findings", "PDF of 5,000", "page of 5,000", "the page in Chromium"


def reports() -> list[Line]:
    """Time and memory of writing them, the page's size, and how soon the page answers a search."""
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as place:
        demo = Path(place, "demo")
        command = [sys.executable, "-m", "auditor", "demo", "--quiet", "--output", str(demo)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # its status tells that the demo has findings
        contenders = {
            _FEW: partial(task, "printed", demo, 500),
            _MANY: partial(task, "printed", demo, 5000),
            _PAGE: partial(task, "paged", demo, 5000),
        }
        if _CHROMIUM:
            contenders[_OPENED] = lambda: Cost(*_opened(demo / "page.html"))
        costs = interleaved(contenders, ROUNDS)
        size = (demo / "page.html").stat().st_size / 1e6
    few, many, page = (costs[name] for name in (_FEW, _MANY, _PAGE))
    lines = [
        at_most(_FEW, few, few.seconds, 8, "s"),
        at_most(_MANY, many, many.seconds, 15, "s"),
        at_most(f"  memory of {_MANY}", many, many.peak_mb, 500, "MB"),
        at_most(f"  size of the {_PAGE}", page, size, 5, "MB"),
    ]
    if not _CHROMIUM:
        return [*lines, Line(f"{_OPENED}: SKIPPED, it is not installed here")]
    opened = costs[_OPENED]
    return [*lines, at_most(f"{_OPENED}, until it answers a search", opened, opened.seconds, 1, "s")]


def printed(demo: str, count: str) -> float:
    """Seconds to print the PDF, loading of libraries included."""
    begin = time.perf_counter()
    from reports import pack

    Path(demo, "pack.pdf").write_bytes(pack.render(_view(Path(demo), int(count))))
    return time.perf_counter() - begin


def paged(demo: str, count: str) -> float:
    """Seconds to write the page."""
    begin = time.perf_counter()
    from reports import html

    Path(demo, "page.html").write_text(html.render(_view(Path(demo), int(count))))
    return time.perf_counter() - begin


def _view(demo: Path, count: int) -> Any:
    from auditor.config import load
    from reports import findings_json
    from reports.view import build_view
    from reports.write import RunArtifacts

    latest = demo / "output" / "latest"
    kept, audit, config = (
        RunArtifacts.of(latest),
        findings_json.read(latest / "findings.json"),
        load(demo / "auditor.yaml"),
    )
    found = tuple(
        about(finding, thing=str(number), system=finding.system and f"{finding.system}-{number % SYSTEMS}")
        for number, finding in enumerate(itertools.islice(itertools.cycle(audit.findings), count))
    )
    stories = tuple(itertools.islice(itertools.cycle(kept.stories), STORIES))
    return build_view(replace(audit, findings=found), config, kept.access, stories=stories)


def _opened(page: Path) -> tuple[float]:
    """Seconds from asking for the page until a search typed into it has been answered, by the browser's own clock."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto(page.as_uri(), wait_until="domcontentloaded")
        tab.locator("#q").fill("checkout-7")
        milliseconds: float = tab.evaluate(_ANSWERED)
        browser.close()
    return (milliseconds / 1000,)
