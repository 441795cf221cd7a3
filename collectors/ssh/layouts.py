"""What a line of a system log says, in the layouts that programs write: its time as written, the program, the message.

Read are classic syslog with its variants, ISO and Unix times, RFC 5424, journalctl's outputs, lines or journal fields
wrapped in the JSON of log shippers and containers, and messages that are JSON themselves, marked `@cee:`.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.written import written
from collectors.base import as_text
from collectors.ssh.line_times import CLOCK, MONTH, MONTHS, Written, timed

_PRIORITY = re.compile(r"(?:\d{1,5} (?=<\d))?(?:<\d{1,3}>)?")
_VERSION = re.compile(r"1 (?=\d{4}-)")
_DATA = r"(?:-|(?:\[[^\]\"]*(?:\"(?:[^\"\\]|\\.)*\"[^\]\"]*)*\])+)"
_RFC5424 = re.compile(rf"(\S+) ([^\s:\[\]]+) (\d+|-) \S+ {_DATA}(?: \ufeff?(.*))?", re.DOTALL)
# What Fluentd writes into files: the tag, and the record as JSON.
_TAGGED = re.compile(r"[^\s{]+\s(\{.*\})", re.DOTALL)
# What Fluent Bit writes: the tag, and a list of the time and the record.
_LISTED = re.compile(r"(?:\[\d+\] )?[^\s{\[\"]+: \[\[?(\d+(?:\.\d+)?), (?:\{\}\], )?(\{.*\})\]", re.DOTALL)
# A container's line: the stream, and whether it is whole.
_STREAM = re.compile(r"std(?:out|err) [FP] (.*)", re.DOTALL)
# Loki's command line puts a stream's labels behind the time.
_LABELS = re.compile(r"\{(?:\w+=\"[^\"]*\"(?:, ?)?)*\}\s+(.*)", re.DOTALL)
_CLASSIC = rf"{MONTH} {{1,2}}\d{{1,2}} {CLOCK} .*"
# `aws logs tail` puts the stream's name before the line, others the sender.
_STREAMED = re.compile(rf"(?:\S+\s){{1,2}}({_CLASSIC}|\d{{4}}-\d\d-\d\dT{CLOCK}.*)", re.DOTALL)
# What `docker compose logs`, stern and `grep` put before a line that begins with a time.
_LED = re.compile(
    rf"(?:[^\s{{\"<]+ +(?:\| )?|[^\s{{\"<:]+:(?:\d+:)? ?){{1,2}}?"
    rf"((?:<\d{{1,3}}>)?(?:{_CLASSIC}|\d{{4}}-\d\d-\d\d[T ]{CLOCK}.*))",
    re.DOTALL,
)
# macOS's `log show`: thread, type, activity, process and time to live, then the program and what of it spoke; and
# its compact style.
_UNIFIED = re.compile(
    r"(?:0x[0-9a-f]+ +\w+ +0x[0-9a-f]+ +(?P<pid>\d+) +\d+ +(?P<program>[^\s:]+):"
    r"|[A-Z][a-z]? +(?P<name>[^\s\[]+)\[(?P<number>\d+):[0-9a-f]+\])"
    r" (?:\([^()]*\) )?(?:\[[^\[\]]*\] )?(?P<said>.*)",
    re.DOTALL,
)
# `journalctl -o with-unit`: the unit in the place of the program, or before it.
_UNIT = re.compile(r"(?P<sshd>sshd?(?:@.*)?)?.*\.(?:service|scope)(?:/(?P<program>.+))?")
# Facility and level stand before the program where BusyBox and AIX write, before the host where FreeBSD does, and in
# the message where Solaris does.
_LEVEL = r"(?:emerg|alert|crit|err|warn|warning|notice|info|debug)"
_TAG = re.compile(
    rf"(?:[a-z0-9]+\.[a-z]+ |[a-z0-9|]+:{_LEVEL} )?"
    r"(\S+?\.(?:service|scope)(?:/[^\s:\[<]+)?|[^\s:\[<]+)(?:\[(\d+)\])?:\s*(?:\[ID \d+ \w+\.\w+\] )?(.*)",
    re.DOTALL,
)
# Cisco's NX-OS: what kind of message it is in the place of the program, which stands behind.
_CISCO = re.compile(r"%[A-Z_]+-\d-\w+")
_BEHIND = re.compile(r"(?P<said>.*) - (?:dcos_)?(?P<program>[^\s\[]+)(?:\[(?P<pid>\d+)\])?", re.DOTALL)
_HOST = re.compile(r"(?:<[a-z0-9]+\.[a-z]+> )?([^\s\[:]+|\[?[0-9a-fA-F:.]+\]?)\s+(.*)", re.DOTALL)
_SSHD = re.compile(
    r"(?:Accepted|Failed|Partial) \S+ for .+ from \S+ port \d+|Received disconnect from \S+ port \d+"
    r"|Disconnected from (?:\S+|user .+) port \d+|Connection (?:closed|reset) by .+ port \d+"
)
_SUDO = re.compile(r"\s*\S+ : .* ; (?:USER|COMMAND)=")
CEE = "@cee:"
"""What rsyslog and others mark a message with that is JSON."""
_COMMENT = re.compile(
    r"-- (?:(?:Journal|Logs) begins? at .*|Boot \S+|Reboot|No entries|cursor: .*|MARK) --|-- cursor: \S+"
    # macOS's `log show` writes these before and behind its lines.
    r"|Filtering the log data using \".*|Skipping (?:info|debug) .*messages, pass .*|-{20,}"
    r"|Timestamp +(?:Thread +Type|\(process\)\[PID\]|Ty +Process).*|Log +- Default: .*"
)
_fields = cache(partial(written, __package__, "log_fields", dict[str, tuple[str, ...]]))


class Entry(Struct, frozen=True):
    """What a line says. `about` is a time near its own, where a shipper wrote one beside it; `host` is who wrote it.

    It is `untold` where the fields have no message: journalctl leaves long ones out.
    """

    time: Written
    program: str
    pid: str
    message: str
    about: Written | None = None
    host: str = ""
    untold: bool = False


def is_comment(text: str) -> bool:
    """Whether a line is the own word of journalctl, or of macOS's `log`, about the log."""
    return _COMMENT.fullmatch(text) is not None


def entry_of(text: str) -> Entry | None:
    """What a line says; None where it begins with no time.

    Raises:
        ValueError: it is no line of any layout.
    """
    text = text.lstrip("\x1e").removeprefix("data: ")
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
        return entry_in(value) if isinstance(value, dict) else None
    if text.endswith("}]") and (match := _LISTED.fullmatch(text)):
        return entry_in({"@timestamp": match[1], **json.loads(match[2])})
    return _line(text)


def _line(text: str) -> Entry | None:
    text = text[_PRIORITY.match(text).end() :]  # type: ignore[union-attr]
    if version := _VERSION.match(text):
        text = text[version.end() :]
    found = timed(text)
    if found is None:
        led = _LED.fullmatch(text)
        return _line(led[1]) if led else None
    time, rest = found
    if not time.stamp and (match := _RFC5424.fullmatch(rest)):
        return Entry(time, match[2], match[3].strip("-"), match[4] or "", host=match[1].strip("-"))
    return _behind(time, rest)


def _behind(time: Written, rest: str) -> Entry:
    """What stands behind a line's time: another line, where it was shipped or written in a container; or its host."""
    if match := _STREAM.fullmatch(rest):
        rest = match[1]
    if match := _LABELS.fullmatch(rest):
        rest = match[1]
    if match := _UNIFIED.fullmatch(rest):
        return Entry(time, match["program"] or match["name"], match["pid"] or match["number"], match["said"])
    if (match := _TAGGED.fullmatch(rest)) and time.text and isinstance(value := json.loads(match[1]), dict):
        return entry_in({"@timestamp": time.text, **value}) or Entry(time, "", "", rest)
    if not time.stamp and rest.count(":") > 1 and (match := _STREAMED.fullmatch(rest)):
        rest = match[1]
    if (rest[:1].isdigit() or rest[:3] in MONTHS) and (inner := _line(rest)):
        return replace(inner, about=time)
    if tag := _TAG.fullmatch(rest):
        return _tagged(time, tag, "")
    if (host := _HOST.fullmatch(rest)) and (tag := _TAG.fullmatch(host[2])):
        # syslog-ng writes the whole chain, source@host/relay, where it is told to.
        return _tagged(time, tag, host[1].partition("/")[0].rpartition("@")[2].strip("[]"))
    return Entry(time, _speaker(rest), "", rest)


def _tagged(time: Written, tag: re.Match[str], host: str) -> Entry:
    if _CISCO.fullmatch(tag[1]) and (own := _BEHIND.fullmatch(tag[3])):
        return Entry(time, own["program"], own["pid"] or "", own["said"], host=host)
    return Entry(time, _program(tag[1], tag[3]), tag[2] or "", tag[3], host=host)


def _program(tag: str, message: str) -> str:
    """The program that a tag names, or whose unit it names."""
    unit = _UNIT.fullmatch(tag)
    if unit is None:
        return tag
    return unit["program"] or ("sshd" if unit["sshd"] else _speaker(message)) or tag


def _speaker(message: str) -> str:
    """The program behind a message that does not name it: in a container, sshd writes no more than its messages."""
    return "sshd" if _SSHD.match(message) else "sudo" if _SUDO.match(message) else ""


def entry_in(value: Mapping[str, Any]) -> Entry | None:
    """What the fields of a line say, as the journal and log shippers have them; None where they tell no time.

    Raises:
        ValueError: a field is not what it should be.
    """
    told = _flat(value)
    said = _text(told, "message")
    message = said or ""
    time, program = _time(told), _text(told, "program")
    tag = _TAG.fullmatch(f"{told['syslogtag']} ") if isinstance(told.get("syslogtag"), str) else None
    program = program or (tag[1] if tag else None)
    message = message.rstrip("\r\n").removeprefix("\ufeff")
    host = _text(told, "host") or ""
    if (inner := _line(message)) and (program is None or inner.program):
        return replace(inner, about=time, host=inner.host or host)
    if time is None:
        return None
    if program is None:
        behind = _behind(time, message)
        return replace(behind, host=behind.host or host)
    if (own := _TAG.fullmatch(message)) and own[1] == program:
        tag, message = own, own[3]
    pid = _text(told, "pid") or (tag[2] if tag else None) or ""
    return Entry(time, program, pid, message.removeprefix(" "), host=host, untold=said is None and not _is_empty(told))


def enhanced(entry: Entry) -> Entry:
    """An entry whose message is JSON, with what that says in place of what the line says; as it is where it is none.

    Raises:
        RecursionError: it is nested too deep.
    """
    try:
        value = json.loads(entry.message.removeprefix(CEE))
    except ValueError:
        return entry
    told = _flat(value) if isinstance(value, dict) else {}
    message = _text(told, "message")
    if message is None:
        return entry
    program, pid, host = (_text(told, what) for what in ("program", "pid", "host"))
    return replace(
        entry,
        time=_time(told) or entry.time,
        program=program or entry.program,
        pid=pid or entry.pid,
        message=message.rstrip("\r\n").removeprefix(" "),
        host=host or entry.host,
    )


def _flat(value: Mapping[str, Any], above: str = "", depth: int = 0) -> dict[str, Any]:
    """Fields by their path; those inside what a shipper wraps them in by their own."""
    deepest = 4
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping) and depth < deepest:
            found |= _flat(inner, "" if name in _fields()["inside"] else f"{above}{name}.", depth + 1)
        else:
            found[f"{above}{name}"] = inner
    return found


def _text(told: Mapping[str, Any], what: str) -> str | None:
    for name in _fields()[what]:
        value = told.get(name)
        if isinstance(value, list) and value and all(isinstance(one, int) for one in value):
            return as_text(bytes(value))
        if isinstance(value, (str, int)) and value != "":
            return str(value)
    return None


def _is_empty(told: Mapping[str, Any]) -> bool:
    return any(told.get(name) == "" for name in _fields()["message"])


def _time(told: Mapping[str, Any]) -> Written | None:
    for name in _fields()["time"]:
        value = told.get(name)
        if isinstance(value, (int, float)) or (isinstance(value, str) and value.replace(".", "", 1).isdigit()):
            return Written(str(_seconds(float(value))))
        if isinstance(value, str) and (found := timed(f"{value} ")):
            return found[0]
    return None


def _seconds(number: float) -> float:
    """Seconds since 1970, whichever part of a second was counted."""
    latest = 1e11
    while number > latest:
        number /= 1000
    return number
