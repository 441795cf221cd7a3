"""Which pipelines of forges come in as a member of bindings, by a pool of workload identities."""

import re
from collections.abc import Iterator

from auditor.model.pipelines import PipelineTrust

_POOL = r"//iam\.googleapis\.com/projects/[^/]+/locations/[^/]+/workloadIdentityPools/[^/]+"
_SUBJECT = re.compile(rf"principal:{_POOL}/subject/(?P<subject>.+)")
_SET = re.compile(rf"principalSet:{_POOL}/attribute\.(?P<attribute>[a-z_]+)/(?P<value>.+)")
# What attributes are mapped from, as the forges' own guides name them, and the subjects of those who have them.
_SUBJECTS = {
    "repository": "repo:{}:*",
    "repository_owner": "repo:{}/*",
    "project_path": "project_path:{}:*",
    "namespace_path": "project_path:{}/*",
}
_LEFT = "as far as the pool's provider, which is not read, takes any token of it"


def pipelines(member: str) -> Iterator[PipelineTrust]:
    """The pipelines that a member of bindings is, as far as its name tells."""
    if one := _SUBJECT.fullmatch(member):
        yield PipelineTrust(account=member, subject=one["subject"])
    elif (some := _SET.fullmatch(member)) and some["attribute"] in _SUBJECTS:
        subject = _SUBJECTS[some["attribute"]].format(some["value"])
        yield PipelineTrust(account=member, subject=subject, facts=(_LEFT,))
