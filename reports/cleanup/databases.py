"""Logins, memberships and grants of database servers, taken away with psql and mysql."""

from functools import partial

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, text
from reports.words import shown

_GIVEN_ON = ("DATABASE", "SCHEMA", "TABLE", "SEQUENCE", "COLUMN")
_LATER = ("TABLES", "SEQUENCES", "SCHEMAS")
_ATTRIBUTES = ("SUPERUSER", "CREATEROLE")


def _right(
    provider: str, kind: str, handle: Handle, holder: str, name: str, what: tuple[str, str], **more: str
) -> Right:
    """A right of a server: what a step does to it, and undoing that."""
    server, expected = text(handle, "account"), more.pop("expected", "")
    done, undone = (f"{sentence} in {provider} {server}" for sentence in what)
    return Right(
        provider=provider,
        kind=kind,
        account=server,
        holder_kind="role",
        holder=holder,
        name=name,
        what=shown(done),
        again=shown(undone),
        held_by=f"{provider}:{holder}@{server}",
        credential=f"password:{provider}:{holder}@{server}" if kind == "login" else "",
        expected=expected,
        details=tuple(more.items()),
        opens=kind == "login",
    )


def _of_postgres(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    role, kind = text(handle, "role"), text(handle, "type")
    make = partial(_right, "postgres", kind, handle)
    database, schema, on = text(handle, "database"), text(handle, "schema"), text(handle, "object")
    place = "/".join(filter(None, (database, schema)))
    match kind:
        case "login" if role:
            return make(role, "login", (f"Let {role} sign in no more", f"Let {role} sign in again"))
        case "attribute" if role and (name := text(handle, "attribute")) in _ATTRIBUTES:
            return make(role, name, (f"Take {name} from {role}", f"Give {name} to {role} again"))
        case "member" if role and (member := text(handle, "member")):
            what = f"Take {member} out of the role {role}", f"Put {member} into the role {role} again"
            return make(member, role, what)
        case "grant" if role and database and on in _GIVEN_ON:
            held, said = text(handle, "held"), f"on each {on} of {place}"
            what = f"Take from {role} what it was given {said}", f"Give {role} again what it had {said}"
            return make(role, f"{on} {place}", what, database=database, schema=schema, object=on, expected=held)
        case "default" if role and database and on in _LATER and (by := text(handle, "by")):
            said = f"on later {on} of {by} in {place}"
            what = f"Take from {role} what it is to be given {said}", f"Give {role} again what it was to have {said}"
            return make(role, f"{on} {place}", what, database=database, schema=schema, object=on, by=by)
    return None


def _of_mysql(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    kind, user, host = text(handle, "type"), text(handle, "user"), text(handle, "host")
    account = f"{user}@{host}"
    make = partial(_right, "mysql", kind, handle)
    match kind:
        case "login" if host:
            what = f"Lock the account {account}", f"Unlock the account {account}"
            return make(account, "login", what, user=user, host=host)
        case "member" if (role := text(handle, "role")) and (member := text(handle, "member")):
            user, _, host = member.rpartition("@")
            name, _, place = role.rpartition("@")
            what = f"Take the role {role} from {member}", f"Give the role {role} to {member} again"
            return make(member, role, what, user=user, host=host, role=name, role_host=place)
        case "grant" if host and (privileges := text(handle, "privileges")):
            database, table, columns = (text(handle, name) for name in ("database", "table", "columns"))
            place = f"{database or '*'}.{table or '*'}" + (f" ({columns})" if columns else "")
            what = f"Take {privileges} on {place} from {account}", f"Give {privileges} on {place} to {account} again"
            level = "column" if columns else "table" if table else "database" if database else "server"
            told = {"user": user, "host": host, "database": database, "table": table, "level": level}
            return make(account, place, what, **told, expected=privileges)
    return None


POSTGRES = Remover(tool="psql", kinds=("default", "grant", "member", "attribute", "login"), right_of=_of_postgres)
MYSQL = Remover(tool="mysql", kinds=("grant", "member", "login"), right_of=_of_mysql)
