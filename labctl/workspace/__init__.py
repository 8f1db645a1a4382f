"""A lab's folder on this computer: its files, lock, journal, key and kubeconfig.

Every file is written whole or not at all. What runs on the nodes is never judged from here.
"""

from labctl.workspace.folder import Workspace, labs_folder
from labctl.workspace.journal import Journal, Run

__all__ = ["Journal", "Run", "Workspace", "labs_folder"]
