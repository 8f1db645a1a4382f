"""The lab file: what it may say (LabConfig), reading it (load_config), its JSON Schema for editors (json_schema).

yaml and pydantic are imported here and nowhere else at start-up: other modules import this package lazily.
What becomes of a configuration is plan.py's business.
"""

from __future__ import annotations

import os

# pydantic would look into every installed distribution for plugins; labctl uses none, and `labctl plan` is to be quick.
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_plugins_before = os.environ.get(_PLUGINS)
os.environ[_PLUGINS] = "__all__"
try:
    from labctl.config.load import load_config
    from labctl.config.model import LabConfig, NetworkConfig, NodeConfig
    from labctl.config.schema import json_schema
finally:
    # Only for these imports: programs that labctl starts get the environment as it was.
    if _plugins_before is None:
        del os.environ[_PLUGINS]
    else:
        os.environ[_PLUGINS] = _plugins_before

__all__ = ["LabConfig", "NetworkConfig", "NodeConfig", "json_schema", "load_config"]
