"""The grants that fit what somebody changed in databases of PostgreSQL, with an end for the login."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability
from auditor.providers.databases.words import CONNECT, USAGE
from auditor.providers.fitted import Fitted, Work, stamp

_VERBS = {"COPY FROM": "INSERT", "TRUNCATE TABLE": "TRUNCATE"}
_GIVEN = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})
_SIGNS_IN = frozenset({"login", "logout"})
_NO_TABLE = "the log does not name the table, as pgaudit would"
_BY_OWNERS = "whoever owns the thing may do it, and no grant gives that alone"

Tables = Mapping[tuple[str, str, str], set[str]]
"""Privileges by database, schema and table."""


def fitted_grants(config: Config, rows: Snapshots, work: Work) -> Fitted:  # noqa: ARG001 - as the protocol has it
    """The privileges on tables that statements took, and a password that ends where they are not to stand."""
    tables: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    databases: dict[str, None] = {}
    covered, left = [], dict[tuple[str, str], None]()
    for act in work.acts:
        tag = act.action.partition(":")[2]
        database, _, inside = (act.resource or "").partition("/")
        schema, _, table = inside.partition("/")
        verb = _VERBS.get(tag, tag)
        if tag in _SIGNS_IN or (verb in _GIVEN and table):
            covered.append(act)
            databases |= {database: None} if database else {}
            if verb in _GIVEN:
                tables[database, schema, table].add(verb)
        else:
            left[act.action, _NO_TABLE if verb in _GIVEN else _BY_OWNERS] = None
    kept = frozenset({Capability.WRITE_DATABASE}) if tables else frozenset[Capability]()
    ends = work.ends(kept, covered) if covered else None
    if any(one.account == work.account and one.expires_at for one in rows.credentials):
        ends = work.until  # it was made to end
    role = work.account.partition(":")[2].rpartition("@")[0]
    return Fitted(
        files={
            f"{number}-grants.sql": _script(role, one, tables, ends) + _comments(role, left)
            for number, one in enumerate(databases, 1)
        },
        steps=tuple(_steps(work, databases)),
        covered=tuple(covered),
        left=tuple(left),
        rows=_rows(rows, work, list(databases), tables, ends) if databases else None,
        keeps=kept,
        ending=kept if ends else frozenset(),
        drops=work.holds - kept,
        unit="privilege",
        rights=sum(map(len, tables.values())),
        unseen=(
            "what was read: SELECT is in no log; UPDATE and DELETE need it on the columns that they compare",
            "sequences behind columns that number themselves, which INSERT needs USAGE on",
        ),
    )


def _script(role: str, database: str, tables: Tables, ends: datetime | None) -> str:
    """The statements for one database, run while connected to it."""
    lines = [f"GRANT CONNECT ON DATABASE {quoted(database)} TO {quoted(role)};"]
    own = {key: sorted(verbs) for key, verbs in sorted(tables.items()) if key[0] == database}
    lines += [
        f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(role)};" for schema in dict.fromkeys(s for _, s, _ in own)
    ]
    for (_, schema, table), verbs in own.items():
        lines.append(f"GRANT {', '.join(verbs)} ON TABLE {quoted(schema)}.{quoted(table)} TO {quoted(role)};")
    if ends:
        lines.append(f"ALTER ROLE {quoted(role)} VALID UNTIL '{stamp(ends)}';")
    return "\n".join(lines) + "\n"


def _comments(role: str, left: Iterable[tuple[str, str]]) -> str:
    """What the log names no table for, to be filled in by hand."""
    verbs = [action.partition(":")[2] for action, why in left if why is _NO_TABLE]
    return "".join(f"-- GRANT {_VERBS.get(verb, verb)} ON TABLE ... TO {quoted(role)};\n" for verb in verbs)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it holds: what is not to be seen stands as its number."""
    plain = name.replace("\0", "").replace('"', '""')
    if plain.isprintable():
        return f'"{plain}"'
    signs = (sign if sign.isprintable() and sign != "\\" else f"\\+{ord(sign):06X}" for sign in plain)
    return f'U&"{"".join(signs)}"'


def _steps(work: Work, databases: Mapping[str, None]) -> Iterator[str]:
    """What a person does with the files."""
    for number, database in enumerate(databases, 1):
        yield f"As an owner, in the database {database}: psql -X -v ON_ERROR_STOP=1 -1 -f {number}-grants.sql"
    if databases and work.held:
        yield work.instead


def _rows(rows: Snapshots, work: Work, databases: list[str], tables: Tables, ends: datetime | None) -> Snapshots:
    """The rows with these grants in the place of the login's own and its roles'."""

    def given(role: str, resource: str, *allows: Capability) -> Grant:
        return work.grant(role, resource, work.account.partition(":")[0], capabilities=allows)

    found = [given(CONNECT, one) for one in databases]
    found += [given(USAGE, f"{database}/{schema}") for database, schema in dict.fromkeys(key[:2] for key in tables)]
    for (database, schema, table), verbs in tables.items():
        role = f"{', '.join(sorted(verbs))} on table {table}"
        found.append(given(role, f"{database}/{schema}", Capability.WRITE_DATABASE))
    return replace(
        rows,
        grants=[*(one for one in rows.grants if one.principal != work.account), *found],
        memberships=[one for one in rows.memberships if one.member != work.account],
        credentials=[
            replace(one, expires_at=ends or one.expires_at) if one.account == work.account else one
            for one in rows.credentials
        ],
    )
