"""The upstream source: releases fetched from the projects' own servers or mirrors of them.

Importing this package imports nothing heavy: `labctl plan` asks the source whether it can serve.
"""

from __future__ import annotations

from labctl.sources.upstream.source import UpstreamSource

__all__ = ["UpstreamSource"]
