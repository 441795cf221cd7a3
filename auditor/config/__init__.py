"""auditor.yaml as frozen models."""

from auditor.config.load import load
from auditor.config.models import Config
from auditor.config.schema import json_schema

__all__ = ["Config", "json_schema", "load"]
