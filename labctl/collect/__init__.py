"""Looking at a lab: its recording, live (live.py), and the archive that a helper gets of it (support.py).

Read-only. Nothing here judges: that is labctl/checks.
"""

from labctl.collect.live import (
    API_PATHS,
    api_file,
    collect,
    look,
    look_at_api,
    look_at_certificates,
    look_at_machines,
)

__all__ = ["API_PATHS", "api_file", "collect", "look", "look_at_api", "look_at_certificates", "look_at_machines"]
