"""What every part of the configuration is made of."""

from datetime import timedelta
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from auditor.config.durations import parse_duration

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    Field(json_schema_extra={"type": "string", "pattern": r"^\d+(\.\d+)?\s*(s|m|h|d|w)$", "examples": ["30m", "2h", "90d"]}),
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
AwsAccount = Annotated[str, Field(pattern=r"^\d{12}$", description="twelve digits, in quotes")]


class Model(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,), populate_by_name=True)
