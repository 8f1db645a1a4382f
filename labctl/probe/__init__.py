"""Probe pods: they are started on every node, reach each other, and go; what they saw becomes files of a collection.

objects.py says what is made in the cluster, namespace.py makes and removes it, rounds.py asks the pods, run.py is the
whole. What counts as a claim that holds is judged in labctl/checks from those files.
"""

from __future__ import annotations

from labctl.probe.run import Prober

__all__ = ["Prober"]
