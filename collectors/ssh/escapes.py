"""Commands that are as much as root where sudo allows them."""

import re
from functools import cache, partial

from auditor.model.written import written

_VERSION = re.compile(r"[-\d.]+$")
_known = cache(partial(written, __package__, "escapes", dict[str, frozenset[str]]))


def opens_root(command: str, *, noexec: bool = False) -> bool:
    """Whether a command of sudo's rules lets run anything as root; without arguments, a rule allows all of them."""
    known = _known()
    program, *words = command.split()
    name = _VERSION.sub("", program.rpartition("/")[2]) or program
    # Two quotes stand for no argument at all.
    open_ = not words or any("*" in word for word in words)
    named = [word for word in words if not word.startswith("-") and word != '""']
    if name in known["with_verbs"] and words:
        open_ &= "*" in words[0] or not known["writing"].isdisjoint(named)
    if name == "ALL":
        return True
    if name in ("visudo", "vipw"):
        return open_ or "-c" not in words
    if noexec:
        return open_ and name in known["editors"] | known["files"]
    if name == "su":
        return open_ or (named[:1] in ([], ["root"]) and "-c" not in words)
    if name in known["shells"]:
        return open_ or (not named and "-c" not in words)
    return name in known["interactive"] or (open_ and name in known["open"])
