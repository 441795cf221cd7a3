"""The yardstick: what auditor.yaml says, as it is kept beside the evidence that was judged by it."""

import json

from auditor.config.models import Config


def yardstick(config: Config) -> bytes:
    """The configuration as JSON, which `load` reads like YAML, without what may be secret.

    Remarks are left out, and of the addresses of `notify` all but how a message goes: they may hold a password.
    """
    settings = config.model_dump(mode="json", by_alias=True, exclude={"notify"}, exclude_none=True)
    settings["notify"] = [f"{address.split(':')[0]}://..." for address in config.notify]
    return (json.dumps(settings, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
