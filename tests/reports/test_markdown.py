"""What stands in Markdown is text, whatever it looks like: judged by a Markdown parser, not by our own eyes."""

import re

import pytest
from markdown_it import MarkdownIt

from reports.links import web
from reports.markdown import code, link, text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "[click]: https://evil.example",
    "a | b | c",
    "`code` ``more`` ```",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quote",
    "===",
    "---",
    "    indented",
    "\\",
    "\\|",
    "&lt;b&gt; &#64;nina",
    "line\n\n# next\r\nline",
    "$x$ ^up^ {color:red}",
    "/close",
    "\u202egnp.exe",
]


def leaves(markdown):
    """Every token of a text, flat."""
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_stays_text_in_a_list_a_cell_and_a_sentence(value):
    for frame in ("* {}\n", "a {} b\n", "| a | b |\n| --- | --- |\n| {} | end |\n", "**a {} b** end\n"):
        found = [token.type for token in leaves(frame.format(text(value)))]
        plain = [token.type for token in leaves(frame.format("plain"))]
        assert found == plain, frame


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_as_code_is_there_letter_by_letter(value):
    (cell,) = [t for t in leaves(f"| a | b |\n| --- | --- |\n| {code(value)} | end |\n") if t.type == "code_inline"]
    assert cell.content.split() == value.replace("\u202e", "\ufffd").split()


@pytest.mark.parametrize(
    "value",
    ["@nina", "thanks @group/all", "#12", "harbour/checkout!88", "https://evil.example", "www.evil.example", "%1"],
)
def test_what_a_forge_makes_links_of_in_a_finished_page_is_kept_apart(value):
    shown = "".join(t.content for t in leaves(f"* {text(value)}\n") if t.type == "text")
    assert shown.replace("\u2060", "") == value
    assert not re.search(r"[@#!%](?=\w)|://|www\.", shown)


def test_text_says_the_same_as_before():
    value = "Zoë's *new* [plan] <b> | a_b `x` 100% $5 ~ {1} \\ #1 & co"
    shown = "".join(t.content for t in leaves(text(value)) if t.type.startswith("text"))
    assert shown.replace("\u2060", "") == value


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://bank.example@evil.example/",
        "https://user:secret@evil.example/",
        "https://evil.example\n/x",
        "https://ev\u0456l.example/",
        "https://evil.example:port/",
        "https://[::1/",
        "https://a b.example/",
        "ftp://files.example/",
        "https://long.example/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_web_address_is_no_link(url):
    assert web(url) is None
    assert link("INC-40", web(url)) == "INC-40"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://pager.example/INC-40?a=1&b=2#top", "https://pager.example/INC-40?a=1&b=2#top"),
        ("http://127.0.0.1:39519/x", "http://127.0.0.1:39519/x"),
        ('https://x.example/"><script>', "https://x.example/%22%3E%3Cscript%3E"),
        ("https://x.example/a)b](c", "https://x.example/a%29b%5D%28c"),
        ("https://x.example/<a>`|", "https://x.example/%3Ca%3E%60%7C"),
    ],
)
def test_an_address_is_quoted_for_wherever_it_stands(url, said):
    assert web(url) == said
    (opened,) = [token for token in leaves(link("a]b", web(url))) if token.type == "link_open"]
    assert opened.attrs["href"] == said
