"""The providers whose rights a script can take away."""

from functools import cache

from auditor.model.handles import Handle
from reports.cleanup.remover import Kind, Parts, Remover, text
from reports.cleanup.rights import Right

_TERMS = ("expression", "title", "description")


def condition(parts: Parts) -> dict[str, str]:
    """A condition as an option of gcloud, its parts between signs that none of them holds; and in words."""
    terms = [(name, str(parts[name])) for name in _TERMS if parts[name]]
    if not terms:
        return {"condition": "None", "under": ""}
    between = ":::"
    while any(f"{value}{between}".index(between) < len(value) for _, value in terms):
        between = f"#{between}#"
    option = f"^{between}^{between.join(f'{name}={value}' for name, value in terms)}"
    return {"condition": option, "under": f" under the condition {parts['title']:without a title}"}


REMOVERS = {
    one.name: one
    for one in (
        Remover("aws"),
        Remover("ssh"),
        Remover("gcp", condition),
        Remover("gitlab"),
        Remover("github"),
        Remover("postgres"),
        Remover("mysql"),
        Remover("vpn"),
    )
}
"""By the name that rows give them, in the order of their steps."""


@cache
def kinds() -> dict[tuple[str, str], Kind]:
    """Every kind of right by its provider and name, in the order of the steps: what cannot be given back, last."""
    found = {(name, kind.kind): kind for name, one in REMOVERS.items() for kind in one.kinds}
    return dict(sorted(found.items(), key=lambda item: item[1].final))


def right_of(handle: Handle) -> Right | None:
    """The right that a handle names; None where no step can take it away."""
    remover = REMOVERS.get(text(handle, "provider"))
    return remover.right_of(handle) if remover else None


def is_final(right: Right) -> bool:
    """Whether it cannot be given back."""
    return kinds()[right.provider, right.kind].final


def order(right: Right) -> tuple[int | str, ...]:
    """What can be given back before what cannot, then account by account."""
    return ([*kinds()].index((right.provider, right.kind)), *right.target)
