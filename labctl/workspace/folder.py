"""One lab's folder: where each file lies, who holds its lock, and its removal."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labctl.errors import ConfigError, LockedError, ToolError
from labctl.plan import LabPlan
from labctl.workspace.files import write_whole
from labctl.workspace.journal import Journal


def labs_folder() -> Path:
    """The folder of all labs: $LABCTL_DATA_DIR, else the user's data folder as the platform has it."""
    configured = os.environ.get("LABCTL_DATA_DIR")
    if configured:
        return Path(configured).expanduser().absolute() / "labs"
    from platformdirs import user_data_path

    return user_data_path("labctl", appauthor=False) / "labs"


class Workspace:
    """The folder of the lab `name`; nothing is created before prepare()."""

    def __init__(self, name: str, base: Path | None = None) -> None:
        self.name = name
        self.root = (base or labs_folder()) / name
        self.vagrantfile = self.root / "Vagrantfile"
        self.kubeadm_config = self.root / "kubeadm.yml"
        self.weave_net_manifest = self.root / "weave-net.yaml"
        self.ssh_config = self.root / "ssh_config"
        self.kubeconfig = self.root / "kubeconfig"
        self.logs = self.root / "logs"
        self.journal = Journal(self.root / "journal.jsonl")
        self._plan = self.root / "plan.json"
        self._lock = self.root.parent / f".{name}.lock"

    @property
    def exists(self) -> bool:
        """Whether this lab has been begun on this computer."""
        return self.root.is_dir()

    def prepare(self) -> None:
        """Make the folder (0700: it holds keys). Raises ToolError."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise ToolError(f"{self.root} cannot be made: {error.strerror}", hint="set LABCTL_DATA_DIR") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lab's lock. Raises LockedError, naming the holder, if another labctl has it."""
        import filelock

        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self._lock, timeout=0)
            lock.acquire()
        except filelock.Timeout:
            raise LockedError(
                f"another labctl works on the lab {self.name}{self._holder()}",
                hint="wait until it is done, or end it with Ctrl-C where it runs",
            ) from None
        except OSError as error:
            raise ToolError(
                f"{self._lock} cannot be used: {error.strerror}", hint="free some space, or set LABCTL_DATA_DIR"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _holder(self) -> str:
        unfinished = [run for run in self.journal.runs() if run.outcome is None]
        return f" (`labctl {unfinished[-1].command}`, process {unfinished[-1].pid})" if unfinished else ""

    def save_plan(self, plan: LabPlan) -> None:
        """Keep the plan that the lab is brought up by."""
        write_whole(self._plan, json.dumps(plan.to_json(), indent=2) + "\n")

    def forget_plan(self) -> None:
        """Nothing of the lab is left that the plan would lead to."""
        self._plan.unlink(missing_ok=True)

    @property
    def has_plan(self) -> bool:
        """Whether one is kept, readable or not."""
        return self._plan.exists()

    def plan(self) -> LabPlan | None:
        """The kept plan, None if there is none. Raises ConfigError where the file is damaged."""
        try:
            return LabPlan.from_json(json.loads(self._plan.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            raise ConfigError(f"{self._plan} cannot be read: {error}", hint="labctl up writes it again") from None

    def setting(self, key: str) -> object:
        """A value that was chosen once for this lab on this computer, such as api_port; None if not yet."""
        return self.settings().get(key)

    def set_setting(self, key: str, value: object) -> None:
        """Keep a value that must stay the same from run to run."""
        write_whole(self.root / "settings.json", json.dumps({**self.settings(), key: value}, indent=2) + "\n")

    def settings(self) -> dict[str, Any]:
        """All such values."""
        try:
            data = json.loads((self.root / "settings.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def remove(self) -> None:
        """Remove the lab's folder and lock file. Raises ToolError."""
        try:
            if self.root.exists():
                shutil.rmtree(self.root)
            self._lock.unlink(missing_ok=True)
        except OSError as error:
            raise ToolError(f"{error.filename or self.root} cannot be removed: {error.strerror}") from None
