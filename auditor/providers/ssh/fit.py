"""The lines of authorized_keys that fit how somebody logged in to a host: for the keys that were used, with an end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Credential
from auditor.model.vocabulary import Capability
from auditor.providers.fitted import Fitted, Work
from auditor.providers.ssh.options import options_of
from auditor.providers.ssh.rights import open_doors

_SHELL = frozenset({Capability.SHELL})
_NO_DOOR = "no key of the login that is read today opened it"
_AS_ANOTHER = "what sudo, su and the like let run stands in rules of the host: name each command whole there"


def fitted_lines(config: Config, rows: Snapshots, work: Work) -> Fitted:  # noqa: ARG001 - as the protocol has it
    """The options to put before each key that was used; a key that was not used goes."""
    doors = {row.credential: row for row in open_doors(rows.credentials, work.at) if row.account == work.account}
    by_key: defaultdict[str, list[UsedAct]] = defaultdict(list)
    left: dict[tuple[str, str], None] = {}
    for act in work.acts:
        if not act.action.startswith(("ssh:", "sftp:")):
            left[act.action, _AS_ANOTHER] = None
        elif act.credential in doors and doors[act.credential].kind == "ssh-key":
            by_key[act.credential].append(act)
        else:
            left[act.action, _NO_DOOR] = None
    used = {key: work.ends(_SHELL, acts) for key, acts in sorted(by_key.items())}
    kept = _SHELL if used else frozenset[Capability]()
    return Fitted(
        files={"authorized_keys-options.txt": "".join(_lines(used, doors))} if used else {},
        steps=tuple(_steps(work, used, doors)),
        covered=tuple(act for acts in by_key.values() for act in acts),
        left=tuple(left),
        rows=_rows(rows, work, used) if used else None,
        keeps=kept,
        ending=kept if any(used.values()) else frozenset(),
        drops=work.holds - kept,
        unit="key",
        rights=len(used),
        dropped=len(doors) - len(used),
        unseen=(
            "which ports and agents were forwarded: `restrict` closes them; add `port-forwarding` where it is needed",
            "what was run in the sessions",
        ),
    )


def _lines(used: Mapping[str, datetime | None], doors: Mapping[str, Credential]) -> Iterator[str]:
    for key, ends in used.items():
        yield f"# Before the key {key.removeprefix('ssh-key:')}:\n{_options(doors[key].options, ends)}\n"


def _options(options: str | None, ends: datetime | None) -> str:
    """The options of a line as they are, less what `restrict` says, with an end in UTC, as sshd 9.1 has it."""
    kept = {name: value for name, value in options_of(options).items() if name in ("command", "from", "principals")}
    found = ["restrict", "pty", *(f"{name}={_quoted(value)}" for name, value in kept.items())]
    return ",".join([*found, *([f'expiry-time="{ends.astimezone(UTC):%Y%m%d%H%M%S}Z"'] if ends else [])])


def _quoted(value: str) -> str:
    """A value as sshd reads it: a quote is written with a backslash before it; no line ends inside."""
    plain = value.replace("\r", " ").replace("\n", " ").replace('"', '\\"')
    return f'"{plain}"'


def _steps(work: Work, used: Mapping[str, datetime | None], doors: Mapping[str, Credential]) -> Iterator[str]:
    """What a person does with the file."""
    login, _, host = work.account.removeprefix("ssh:").partition("@")
    if used:
        yield f"On {host}, put the options before each key in {login}'s authorized_keys, in the place of those it has."
        yield "`ssh-keygen -lf FILE` tells the fingerprint of each line."
    if unused := _fingerprints(key for key in doors if key not in used):
        yield f"Take away what was not used: {', '.join(unused)}."


def _fingerprints(keys: Iterable[str]) -> Sequence[str]:
    return [key.removeprefix("ssh-key:") for key in keys]


def _rows(rows: Snapshots, work: Work, used: Mapping[str, datetime | None]) -> Snapshots:
    """The rows with these keys alone in the login."""
    kept = [
        replace(row, expires_at=used[row.credential] or row.expires_at) if row.account == work.account else row
        for row in rows.credentials
        if row.account != work.account or row.credential in used
    ]
    return replace(rows, credentials=kept)
