"""Whose pipelines an account of a cloud trusts, by what their tokens say."""

from msgspec import Struct


class PipelineTrust(Struct, frozen=True, kw_only=True):
    """An account that workloads become by a token of whatever runs them.

    Args:
        account: where the paths begin that they then have.
        subject: a pattern of what their tokens say whose they are.
        issuer: who signs the tokens, without `https://`; empty where that is not told.
        facts: what is asked beside, to follow `only`.
    """

    account: str
    subject: str
    issuer: str = ""
    facts: tuple[str, ...] = ()


class Wanted(Struct, frozen=True, kw_only=True):
    """What a forge makes of such a subject, all of it patterns.

    Args:
        trust: what it is of.
        project: in lower case.
        branch: `main`; None: any, also one that somebody makes for it. What is none of a branch is written `refs/…`.
        environment: that the job names; None: it need not name any.
        facts: what else is asked.
    """

    trust: PipelineTrust
    project: str
    branch: str | None = None
    environment: str | None = None
    facts: tuple[str, ...] = ()
