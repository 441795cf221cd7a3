"""The answers of IAM as bytes: authorization details in pages or dumps, and credential reports."""

import base64
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from auditor.model.details import as_list
from collectors import packing
from collectors.times import parse_time

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
# What says that another page follows: IAM's words, and those of the command line where it was told how many to print.
_FOLLOWS = ("IsTruncated", "Marker", "NextToken")
_REPORT_COLUMNS = ("user", "arn", "password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active")
UNKNOWN = "null"
"""The document of a policy whose text is not in the evidence: what it allows could not be judged."""

# `user,arn,` in Base64.
_PACKED_REPORT = re.compile(
    r'\s*(?:\{[^{}]*?"Content"\s*:\s*")?'
    r"(dXNlcixhcm4s(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"
)
_CAPITALS = frozenset({"TRUE", "FALSE", "True", "False"})
# What a credential report writes where there is nothing to say.
_NOTHING = frozenset({"", "N/A", "no_information", "not_supported"})


class Item(NamedTuple):
    """One user, group, role or policy of the authorization details: `record` numbers them over the whole origin."""

    list: str
    record: int
    value: Any


def documents(data: bytes) -> Iterator[Any]:
    """The JSON documents of a dump: one, several one after another, or a list of them.

    Raises:
        ValueError: it is not JSON, is cut short, or holds nothing; says where.
    """
    text = data.decode(json.detect_encoding(data))
    decoder, position = json.JSONDecoder(), _skip_blank(text, 0)
    if position == len(text):
        raise ValueError("it is empty")
    while position < len(text):
        try:
            document, position = decoder.raw_decode(text, position)
        except RecursionError as error:
            raise ValueError("its JSON is nested too deeply") from error
        yield from as_list(document)
        position = _skip_blank(text, position)


def pages(data: bytes) -> list[Mapping[str, Any]]:
    """The pages of authorization details in an answer or dump.

    Raises:
        ValueError: it is something else, or is cut short.
    """
    found = list(documents(data))
    for page in found:
        if not isinstance(page, dict) or not any(name in page for name in LISTS):
            raise ValueError(f"it holds none of {', '.join(LISTS)}")
        if wrong := [name for name in LISTS if not isinstance(page.get(name, []), list)]:
            raise ValueError(f"{wrong[0]} is not a list")
    return found


def check_whole(data: bytes) -> None:
    """Refuses a dump that does not hold everything.

    Raises:
        ValueError: it is something else, is cut short, or more pages should follow.
    """
    found = pages(data)
    if not found:
        raise ValueError("it holds no answer")
    if follows := [name for name in _FOLLOWS if str(found[-1].get(name) or "false").lower() != "false"]:
        raise ValueError(f"its last page says that more pages follow ({follows[0]}), and they are not there")
    if missing := [name for name in LISTS if not any(name in page for page in found)]:
        raise ValueError(f"it has no {', '.join(missing)}; it was made with a filter")


def items(data: bytes) -> Iterator[Item]:
    """Every entry of an answer or dump, in its order: users, groups, roles, policies of each page.

    Raises:
        ValueError: as `pages` does.
    """
    record = 0
    for page in pages(data):
        for name in LISTS:
            for value in page.get(name, []):
                yield Item(name, record, value)
                record += 1


def records(data: bytes) -> list[Any]:
    """Every record of an answer in the order in which rows number them."""
    try:
        return [item.value for item in items(data)]
    except ValueError:
        return list(documents(data))


def accounts(data: bytes) -> set[str]:
    """The AWS accounts that the entries belong to; AWS's own policies belong to none."""
    arns = (str(item.value.get("Arn", "")) for item in items(data) if isinstance(item.value, dict))
    parts = (arn.split(":") for arn in arns)
    return {part[4] for part in parts if len(part) > 5 and part[4].isdigit()}  # noqa: PLR2004 - arn:aws:iam::ID:…


def report_text(data: bytes) -> str:
    """The CSV of a credential report in a file."""
    return unpacked_report(packing.utf8(data).decode("utf-8-sig"))


def unpacked_report(text: str) -> str:
    """The CSV of a credential report, which IAM answers as Base64: in an object, or taken out of it."""
    packed = _PACKED_REPORT.match(text)
    return base64.b64decode(packed[1]).decode("utf-8", "replace") if packed else text


def _switch(value: str) -> str:
    """A cell; spreadsheets that saved a report again write its switches in capitals."""
    return value.lower() if value in _CAPITALS else value


def report_rows(data: bytes) -> list[dict[str, str]]:
    """The lines of a credential report.

    Raises:
        ValueError: it is no credential report; says what is missing.
    """
    reader = csv.DictReader(io.StringIO(report_text(data), newline=""), strict=True)
    try:
        missing = [name for name in _REPORT_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"it has no column {', '.join(missing)}")
        return [{name: _switch(value or "") for name, value in row.items() if name} for row in reader]
    except csv.Error as error:
        raise ValueError(f"it is no CSV: {error}") from error


def report_time(text: str | None) -> datetime | None:
    """A time of a credential report; None where it has none."""
    return None if text is None or text in _NOTHING else parse_time(text)


def policy_text(value: Any) -> str:
    """A policy document as evidence keeps it; the API sends it URL-encoded, dumps as JSON or text.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, str):
        value = next(documents((value if value.lstrip().startswith("{") else unquote(value)).encode()), None)
    if not isinstance(value, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - the caller is told of bad data in one way
    # Keys stay in their own order: the fingerprint that a cleanup script compares depends on it.
    return json.dumps(value, separators=(",", ":"))


def canonical(document: Any) -> str:
    """JSON that is the same for the same document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _skip_blank(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n\ufeff":
        position += 1
    return position
