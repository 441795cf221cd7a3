"""Whether a page can be read: at every width, on paper, and by everybody. Measured in a real browser."""

import io
from shutil import which

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
WIDTHS = (390, 820, 1400)

# The cells whose words are broken although they stand in less than twelve characters, with their text.
_NARROW = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const narrow = [];
  for (const cell of document.querySelectorAll("td, th, dd, figcaption, li, p")) {
    const box = cell.getBoundingClientRect();
    if (!box.width || cell.closest(".sr, .strip") || cell.classList.contains("sr")) continue;
    const style = getComputedStyle(cell), text = cell.innerText.trim();
    // Not `style.font`: that is empty where figures are all of one width.
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const inner = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const longest = Math.max(0, ...text.split(/\\s+/).map((word) => pen.measureText(word).width));
    const twelve = pen.measureText("n".repeat(12)).width;
    if (text && inner + 4 < Math.min(twelve, longest)) narrow.push(`${Math.round(inner)}: ${text.slice(0, 60)}`);
  }
  return narrow;
}"""
_AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def trouble(browser, place, most=None):
    """What is wrong with the page of a file, a sentence each; `most` is as many pages as it may take on paper."""
    import pypdf

    found, page = [], browser.new_page()
    page.on("console", lambda message: found.append(f"the browser says {message.text}"))
    page.goto(place.as_uri())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        across = page.evaluate("document.documentElement.scrollWidth")
        found += [f"at {width} it is {across} pixels wide"] if across > width else []
        found += [f"at {width}, {cell}" for cell in page.evaluate(_NARROW)]
    page.emulate_media(media="print")
    found += [f"printed, {cell}" for cell in page.evaluate(_NARROW)]
    page.emulate_media(media="screen")
    if most:
        printed = len(pypdf.PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
        found += [f"{printed} pages printed"] if printed > most else []
    page.close()
    return [f"{place.name}: {one}" for one in found]


def barriers(page):
    """What keeps somebody from reading an open page, in light and in dark, as axe-core tells it."""
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for one in Axe().run(page, options=_AXE).response["violations"]:
            yield f"{scheme}: {one['id']}: {one['nodes'][0]['html']}: {one['nodes'][0]['failureSummary']}"
