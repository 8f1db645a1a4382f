"""Facts: what was seen of a lab, frozen, from a live look or from a recording, in one format.

Parsing belongs here, tolerant of everything; judging (labctl/checks) and asking the machines (labctl/collect) do not.
"""

from __future__ import annotations

from labctl.facts.model import Facts, Files, KubectlRun, NodeFacts
from labctl.facts.observed import NotObserved, NotObservedError, Unavailable, need

__all__ = ["Facts", "Files", "KubectlRun", "NodeFacts", "NotObserved", "NotObservedError", "Unavailable", "need"]
