"""The lab file: what it may say (LabConfig), reading it (load_config), its JSON Schema for editors (json_schema).

yaml and pydantic are imported here and nowhere else at start-up: other modules import this package lazily.
What becomes of a configuration is plan.py's business.
"""

from __future__ import annotations

from labctl.config.load import load_config
from labctl.config.model import LabConfig, NetworkConfig, NodeConfig
from labctl.config.schema import json_schema

__all__ = ["LabConfig", "NetworkConfig", "NodeConfig", "json_schema", "load_config"]
