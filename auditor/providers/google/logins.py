"""SSH keys in Google's metadata: every one is a way into its login on a project's instances."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from auditor.model.entitlements import Entitlement, IdentityOf
from auditor.model.findings import pointer
from auditor.model.tables import Credential
from auditor.model.vocabulary import Capability, Level
from auditor.providers.google.projects import ProjectTree
from auditor.providers.rights import holder_of

_PLACE = re.compile(r"//compute\.googleapis\.com/projects/([^/]+)(/.+)?")


def login_access(
    land: ProjectTree, credentials: Iterable[Credential], who: IdentityOf, at: datetime
) -> Iterator[Entitlement]:
    """A path for each key in each system whose instances it opens now.

    A key of somebody known is theirs wherever it stands; any other key is its login's. Keys of OS Login open what IAM
    says, and are no path of their own.
    """
    for key in credentials:
        match = _PLACE.fullmatch(key.resource or "")
        if key.provider != "gcp" or not key.account.startswith("ssh:") or not key.enabled or match is None:
            continue
        if not key.lasts(at):
            continue
        project, instance = land.id_of(match[1]), match[2]
        if instance:
            found = land.system_of(project, key.resource or "")
            systems = [found] if found else []
        else:
            systems = list(land.systems_of(project, ()))
        for system in systems:
            yield _one(key, project, system, who)


def _one(key: Credential, project: str, system: str, who: IdentityOf) -> Entitlement:
    login, _, place = key.account.removeprefix("ssh:").partition("@")
    where = f"the instances of {place}" if place == project else place
    return Entitlement(
        identity=holder_of(key, who),
        account=key.account,
        provider="gcp",
        scope=project,
        system=system,
        capabilities=frozenset({Capability.SHELL}),
        level=Level.WRITE,
        path=(f"key {key.credential.removeprefix('ssh-key:')}", f"login {login} on {where}"),
        resource=key.resource,
        credential=key.credential,
        expires_at=key.expires_at,
        written=(key.comment,),
        handles=(key.handle,) if key.handle else (),
        evidence=(pointer(key),),
    )
