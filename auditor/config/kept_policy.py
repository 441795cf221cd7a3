"""The policy that evidence is judged by: what auditor.yaml says, as it is kept beside the evidence."""

import json

from pydantic import ValidationError

from auditor.config.models import Config
from auditor.errors import ConfigError


def kept_policy(config: Config) -> bytes:
    """The configuration as JSON, which `load` reads like YAML, without what may be secret.

    Remarks are left out, and of the addresses of `notify` all but how a message goes: they may hold a password.
    """
    settings = config.model_dump(mode="json", by_alias=True, exclude={"notify"}, exclude_none=True)
    settings["notify"] = [f"{address.split(':')[0]}://..." for address in config.notify]
    return (json.dumps(settings, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def read(data: bytes, name: str) -> Config:
    """A kept policy, as `kept_policy` wrote it.

    Raises:
        ConfigError: this version cannot read it.
    """
    try:
        return Config.model_validate_json(data, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ConfigError(f"The policy of the run {name} cannot be read by this version: {what}.") from error
