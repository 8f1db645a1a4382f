"""The JSON Schema of a lab file, for editors; shipped as vagrant/lab.schema.json (a test compares).

It is generated from the model alone: rules between values (overlaps, one control plane) are load.py's to tell.
"""

from __future__ import annotations

import json
from typing import Any

from labctl.config.model import LabConfig


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) as plain data."""
    schema = LabConfig.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A lab file of labctl (lab.yml)",
    }


def json_schema_text() -> str:
    """The schema as the file that is shipped."""
    return json.dumps(json_schema(), indent=2) + "\n"
