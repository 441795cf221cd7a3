"""Which commands end or delete a host's own log of what people do: loggers stopped, auditing off, files emptied."""

import re
from collections.abc import Sequence

from collectors.ssh.commands import program_of, words_of

_LOGGERS = re.compile(
    r"(?:auditd|rsyslogd?|syslog(?:-ng)?|systemd-journald?(?:-\w+)?|laurel|auditbeat|filebeat|journalbeat|fluent-?bit"
    r"|fluentd|td-agent(?:-bit)?|vector|promtail|alloy|amazon-cloudwatch-agent|awslogsd?|google-fluentd"
    r"|google-cloud-ops-agent(?:-\S+)?|stackdriver-agent|osqueryd|wazuh-agent|falco(?:-\S+)?)(?:\.service|\.socket)?"
)
_ENDS = frozenset({"stop", "disable", "mask", "kill", "onestop", "del"})
# A service's verb stands before or behind its name.
_SWITCHES = frozenset({"systemctl", "service", "rc-service", "rc-update", "chkconfig", "update-rc.d", "initctl"})
_FILE = (
    r"/var/(?:log|adm)(?:/?|/\*|/(?:auth(?:log)?|secure|sudo|sudo-io|audit|journal|wtmp|btmp|lastlog|faillog|tallylog)"
    r"(?:[./*]\S*|-\d\S*)?|/(?:syslog|messages)(?:\.log)?)"
)
_OF_LOGINS = re.compile(_FILE)
_EMPTIED = re.compile(rf"(?<!>)>\s*{_FILE}(?:[\s;&|'\"]|$)")
_DELETE = frozenset({"rm", "shred", "truncate", "unlink"})
_KILLERS = frozenset({"killall", "pkill"})
# What makes a program begin its files anew, or read its settings.
_READS_ANEW = re.compile(r"-?(?:(?:SIG)?(?:HUP|USR[12])|1)")
_EDITORS = frozenset({"perl", "sed"})
_IN_PLACE = re.compile(r"-[a-zA-Z0]*i\S*|--in-place\S*")
_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
# Of the journal, what is left of less than a day.
_OLDER_THAN_HOURS = re.compile(r"--vacuum-time=\d+(?:s|sec|m|min|h|hours?)")
_APART = re.compile(r"&&|\|\||[;|&]")


def ends_log(command: str) -> bool:
    """Whether a command stops or deletes what tells of logins and commands; what only turns a log over does not."""
    words = words_of(command)
    if program_of(words) not in _SHELLS or "-c" not in words:
        return _ends(words)
    inner = " ".join(words[words.index("-c") + 1 :])
    return bool(_EMPTIED.search(inner)) or any(_ends(words_of(one)) for one in _APART.split(inner))


def _ends(words: Sequence[str]) -> bool:
    name, behind = program_of(words), words[1:]
    if name in _SWITCHES:
        return not _ENDS.isdisjoint(behind) and any(map(_LOGGERS.fullmatch, behind))
    if words and words[0].startswith("/etc/init.d/"):
        return _LOGGERS.fullmatch(name) is not None and behind[:1] == ["stop"]
    return _silences(name, behind)


def _silences(name: str, behind: Sequence[str]) -> bool:
    if name == "auditctl":
        return "-D" in behind or behind[:2] == ["-e", "0"]
    if name == "journalctl":
        return any(map(_OLDER_THAN_HOURS.fullmatch, behind))
    if name in _KILLERS:
        return any(map(_LOGGERS.fullmatch, behind)) and not any(map(_READS_ANEW.fullmatch, behind))
    return _loses_lines(name, behind) and any(map(_OF_LOGINS.fullmatch, behind))


def _loses_lines(name: str, behind: Sequence[str]) -> bool:
    """Whether a command leaves less in the files that it names."""
    if name == "tee":
        return not {"-a", "--append"} & {*behind}
    if name in ("cp", "ln"):
        return "/dev/null" in behind[:-1]
    return name in _DELETE or (name in _EDITORS and any(map(_IN_PLACE.fullmatch, behind)))
