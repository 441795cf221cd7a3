"""AWS actions in plain capabilities: a small table over the access levels of the maintained data set.

Where the lines run:

- Listing and describing is no capability, and neither is calling STS, passing a role, using a key of KMS or changing
  one's own password.
- Reading a secret's or parameter's value is `read-data`: it reveals, it does not manage. Writing one manages.
- Writing objects in S3 is `write-database`, as reading them is `read-data`: stored data is stored data.
- A policy on a single bucket, queue or function is `change-config`; `manage-access` is kept for who may sign in and
  with what rights: IAM, Identity Center, Organizations, resource shares.
- Running what is already deployed (a task, a function, a state machine) is `restart`, beside stopping and starting.
"""

from functools import cache, lru_cache
from typing import Literal

from msgspec import Struct

from auditor.model.vocabulary import Capability
from auditor.model.written import written
from auditor.providers.aws.actions import NONE, Actions, catalogue, expand, union

# The access levels, in the data set's own words, that a line of the table is about.
_WRITING = ("Write", "Permissions management", "Tagging")
_AMONG = {"any": ("List", "Read", *_WRITING), "reading": ("Read",), "writing": _WRITING, "tagging": ("Tagging",)}


class _Line(Struct, frozen=True):
    """A line of capabilities.yaml."""

    gives: Capability | None
    among: Literal["any", "reading", "writing", "tagging"]
    actions: str


# Running SQL both reads and writes; whoever changes what is in a cluster reads its secrets and opens its pods' shells.
_CLUSTER = "eks:MutateViaKubernetesApi"
_ALSO = (
    (
        Capability.READ_DATA,
        f"rds-data:* rds-db:connect redshift-data:ExecuteStatement redshift-data:Batch* {_CLUSTER}",
    ),
    (Capability.SHELL, _CLUSTER),
    (Capability.RESTART, _CLUSTER),
    (Capability.CHANGE_CONFIG, _CLUSTER),
)


@cache
def _masks() -> dict[Capability, Actions]:
    book = catalogue()
    levels = dict.fromkeys(book.levels, NONE)
    for bit, level in enumerate(book.levels):
        levels[level] |= 1 << bit
    left = book.everything
    masks = dict.fromkeys(Capability, NONE)
    for line in written(__package__, "capabilities", list[_Line]):
        named = left & _named(line.actions) & union(levels.get(level, NONE) for level in _AMONG[line.among])
        left &= ~named
        if line.gives:
            masks[line.gives] |= named
    for capability, patterns in _ALSO:
        masks[capability] |= _named(patterns)
    return masks


@lru_cache(maxsize=65536)
def capabilities(actions: Actions) -> frozenset[Capability]:
    """The plain capabilities that a set of actions gives."""
    return frozenset(capability for capability, mask in _masks().items() if mask & actions)


def mask(capability: Capability) -> Actions:
    """Every action that gives a capability."""
    return _masks()[capability]


def _named(patterns: str) -> Actions:
    return union(expand(pattern) for pattern in patterns.split())
