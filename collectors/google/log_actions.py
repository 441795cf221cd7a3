"""What an audit log entry is about, from its log, service and method: action, category and level."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache, partial

from auditor.model.vocabulary import Act, Category, Level
from auditor.model.written import patterns

# Of one region, or of one group of Kubernetes' interfaces: the same service.
_PART = re.compile(r"[a-z]+-[a-z]+\d+-(?=[a-z])|[a-z.]+\.(?=k8s\.io$)")
_VERSION = re.compile(r"(?:google|beta|alpha|v\d+\w*|admin|internal)")
_READ_LOGS = frozenset({"data_access", "access_transparency"})
_DEFAULT = {"activity": Level.WRITE, "system_event": Level.WRITE, "policy": Level.READ}


_kinds = cache(partial(patterns, __package__, "log_actions"))


@lru_cache(maxsize=8192)
def action_of(service: str, method: str) -> str:
    """`run:ReplaceService`, `compute:instances.insert`: the same for every version of an interface."""
    name = _PART.sub("", service.removesuffix(".googleapis.com"), count=1) or "google"
    parts = [part for part in re.split(r"[./]", method) if part]
    if not parts:
        return f"{name}:unnamed"
    last = parts[-1]
    if last[:1].isupper() or len(parts) == 1:
        return f"{name}:{'SetIamPolicy' if last.lower() == 'setiampolicy' else last}"
    before = parts[-2]
    return f"{name}:{last}" if _VERSION.fullmatch(before) or before == name else f"{name}:{before}.{last}"


def act_of(
    log: str, service: str, method: str, permissions: Iterable[tuple[str, str]], *, writes_data: bool = False
) -> Act:
    """Action, category and level.

    Args:
        log: `activity`, `data_access`, `system_event` or `policy`.
        service: such as `run.googleapis.com`.
        method: the method's full name.
        permissions: the permissions that were checked, each with Google's word for its type, often empty.
        writes_data: whether data is written, whatever was checked.
    """
    action = action_of(service, method)
    kinds = _kinds()
    writes_data = writes_data or kinds["change"].fullmatch(action) is not None
    level = Level.WRITE if writes_data else _level(log, action, permissions)
    if kinds["login"].fullmatch(action):
        return Act(action, Category.LOGIN, Level.READ)
    if kinds["request"].fullmatch(action):
        return Act(action, Category.GRANT, Level.READ)
    if kinds["audit_trail"].fullmatch(action):
        return Act(action, Category.AUDIT_TRAIL, Level.ADMIN)
    if kinds["grant"].fullmatch(action) and level is not Level.READ:
        return Act(action, Category.GRANT, Level.ADMIN)
    if kinds["secret_shown"].fullmatch(action) or (level is not Level.READ and kinds["secrets"].fullmatch(action)):
        return Act(action, Category.SECRET, level)
    return Act(action, Category.READ if level is Level.READ else Category.CHANGE, level)


def _level(log: str, action: str, permissions: Iterable[tuple[str, str]]) -> Level:
    of = _kinds()
    if of["secret_shown"].fullmatch(action):
        return Level.READ
    verb = action.partition(":")[2].rpartition(".")[2]
    checked = list(permissions)
    permissions = [(name, kind) for name, kind in checked if not of["no_write"].fullmatch(name)]
    kinds = {kind for _, kind in permissions if kind}
    if kinds:
        return Level.WRITE if any(kind.endswith("WRITE") for kind in kinds) else Level.READ
    if of["read_verb"].match(verb) or of["asked"].fullmatch(action):
        return Level.READ
    if log not in _READ_LOGS:
        return _DEFAULT.get(log, Level.WRITE)
    # Data Access logs hold writes of data too; the permission tells them apart.
    names = [name for name, _ in permissions if name]
    if names:
        return Level.READ if all(map(of["read_permission"].fullmatch, names)) else Level.WRITE
    writes = not checked and of["write_verb"].fullmatch(verb) and not action.startswith("bigquery:job")
    return Level.WRITE if writes else Level.READ
