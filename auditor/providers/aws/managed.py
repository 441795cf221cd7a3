"""What AWS's own widest policies allow or deny, where no evidence shows their text.

A dump that was made with a filter leaves it out.
"""

import json
import re
from functools import cache, partial

from auditor.model.written import written
from auditor.providers.aws.policy import Statement, parse

_ARN = re.compile(r"arn:aws[\w-]*:iam::aws:policy/(?P<name>\w+)")
_table = cache(partial(written, __package__, "managed", dict[str, dict[str, dict[str, str | list[str]]]]))


@cache
def known(arn: str) -> tuple[Statement, ...]:
    """The statements of one of them by its ARN; none for any other policy."""
    named = _ARN.fullmatch(arn)
    name = named["name"] if named else ""
    allowed, denied = _table()["allow"].get(name), _table()["deny"].get(re.sub(r"V\d+$", "", name))
    told = allowed or denied
    stated = {"Effect": "Allow" if allowed else "Deny", "Resource": "*", **(told or {})}
    return parse(json.dumps({"Statement": stated})) if told else ()
