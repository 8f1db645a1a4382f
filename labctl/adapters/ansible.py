"""Runs the playbooks on the nodes of one lab with ansible-runner; its events become TaskEvents and one ToolError.

What the roles do belongs in playbooks/; what a step means by a playbook belongs in steps/.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.adapters.ansible_events import EventReader
from labctl.adapters.ports import PlaybookResult, TaskEvent
from labctl.adapters.ssh import runtime_folder
from labctl.assets import asset
from labctl.errors import ToolError

if TYPE_CHECKING:
    from ansible_runner import Runner

# Seconds between two looks of ansible-runner at whether the run is cancelled; also how late Ctrl-C may be seen.
_POLL_SECONDS = 1
_GRACE_SECONDS = 5.0
# What Ansible gets of the user's environment, besides the run's mark: neither ANSIBLE_* that would change what the
# playbooks do, nor anything secret (ansible-runner notes the whole environment in a file while it runs).
_PASSED_ON = ("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "LABCTL_RUN")
# What ansible-runner itself adds to get at the events.
_RUNNER_KEYS = (
    *("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK", "ANSIBLE_RETRY_FILES_ENABLED"),
    *("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS", "RUNNER_ONLY_FAILED_EVENTS"),
)


class AnsiblePlaybooks:
    """Fulfils Playbooks.

    lab: the lab's folder with inventory.yml; ansible-runner works in its sub-folder ansible/, empty between runs.
    environment: what ansible-playbook may see of it is chosen here. log: the file that gets Ansible's own output.
    playbooks: the folder of the playbooks, by default the one that travels with labctl.
    """

    def __init__(self, lab: Path, environment: Mapping[str, str], log: Path, *, playbooks: Path | None = None) -> None:
        self._lab = lab
        self._environment = environment
        self._log = log
        self._playbooks = playbooks
        # Runs may overlap. Whether what an earlier process left in their folder is gone:
        self._lock = threading.Lock()
        self._clean = False

    def run(
        self,
        playbooks: Sequence[str],
        *,
        extra_vars: Mapping[str, Any] | None = None,
        limit: Sequence[str] = (),
        on_event: Callable[[TaskEvent], None] | None = None,
        called_off: Callable[[], bool] = lambda: False,
    ) -> PlaybookResult:
        """Run playbooks to the end, as ports.Playbooks.run says. An exception of on_event ends the run, too."""
        folder = self._playbooks or asset("playbooks")
        books = [folder / f"{name}.yml" for name in playbooks]
        for book in books:
            if not book.is_file():
                raise ToolError(f"there is no playbook {book}", hint="install labctl again")
        with self._disk_errors(), self._private_folder() as private, self._log.open("a", encoding="utf-8") as log:
            reader = EventReader(playbooks, log, on_event)
            runner = self._runner(books, private, extra_vars or {}, limit, reader, called_off)
            try:
                runner.run()
            finally:
                # After Ctrl-C or an error of the reader Ansible still runs; after a normal end there is nobody.
                _end_children_of(private)
        if runner.status == "canceled":
            raise ToolError(f"the playbook {playbooks[0]} was called off")
        return reader.result(succeeded=runner.status == "successful", log=self._log)

    def _runner(
        self,
        books: Sequence[Path],
        private: Path,
        extra_vars: Mapping[str, Any],
        limit: Sequence[str],
        reader: EventReader,
        called_off: Callable[[], bool],
    ) -> Runner:
        """What ansible-runner needs, ready to run."""
        import ansible_runner

        variables = private / "extra-vars.json"
        variables.write_text(json.dumps(dict(extra_vars)), encoding="utf-8")
        folder = books[0].parent
        ours = self._variables(folder, private)
        runner = ansible_runner.interface.init_runner(
            private_data_dir=str(private),
            project_dir=str(folder),
            playbook=str(books[0]),
            inventory=str(self._lab / "inventory.yml"),
            limit=",".join(limit) or None,
            cmdline=f"--extra-vars @{shlex.quote(str(variables))}",
            envvars={**ours, "ANSIBLE_CALLBACK_PLUGINS": ""},
            suppress_env_files=True,
            quiet=True,
            event_handler=reader.handle,
            # Given one, ansible-runner leaves the process's signal handlers alone: KeyboardInterrupt ends the run.
            cancel_callback=called_off,
        )
        # ansible-runner takes one playbook, Ansible any number: the rest goes at the end of its command.
        runner.config.command += [str(book) for book in books[1:]]
        theirs = {key: runner.config.env[key] for key in _RUNNER_KEYS if key in runner.config.env}
        runner.config.env = {**theirs, **ours}
        # Not by its argument `settings`: ansible-runner 2.4 forgets that one where no env/settings file exists.
        runner.config.suppress_output_file = True
        runner.config.pexpect_timeout = _POLL_SECONDS
        return runner

    def _variables(self, playbooks: Path, private: Path) -> dict[str, str]:
        """The environment of ansible-playbook: nothing of the user's ansible.cfg or ANSIBLE_* reaches it."""
        scripts = Path(sys.executable).parent
        path = f"{scripts}:{self._environment.get('PATH', '/usr/bin:/bin')}"
        if shutil.which("ansible-playbook", path=path) is None:
            raise ToolError(
                "ansible-playbook is not there", hint="install labctl again: pip install --force-reinstall ."
            )
        return {
            **{key: self._environment[key] for key in _PASSED_ON if key in self._environment},
            "PATH": path,
            # Ansible refuses to start with a locale that is not UTF-8.
            "LC_CTYPE": "C.UTF-8",
            "ANSIBLE_CONFIG": str(playbooks / "ansible.cfg"),
            "ANSIBLE_HOME": str(private / "home"),
            "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": str(private / "no-collections"),
            # The same connections as NodeShell's: their sockets are named alike (ssh.py).
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(runtime_folder(self._lab)),
            "ANSIBLE_SSH_CONTROL_PATH": "%(directory)s/%%C",
            "ANSIBLE_NOCOLOR": "1",
        }

    @contextlib.contextmanager
    def _disk_errors(self) -> Iterator[None]:
        """Turn into a ToolError what ansible-runner raises where it cannot write, or reads back half of an event."""
        try:
            yield
        except (OSError, json.JSONDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "an event was written only in part"
            raise ToolError(
                f"Ansible cannot work in {self._lab}: {reason}",
                output=str(error),
                hint="free some space or correct the permissions; `labctl up` goes on then",
            ) from None

    @contextlib.contextmanager
    def _private_folder(self) -> Iterator[Path]:
        """A new folder for one run, 0700, gone afterwards; with the first one goes what a killed run left."""
        folder = self._lab / "ansible"
        with self._lock:
            if not self._clean:
                shutil.rmtree(folder, ignore_errors=True)
                self._clean = True
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            private = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        try:
            yield private
        finally:
            shutil.rmtree(private, ignore_errors=True)
            with self._lock, contextlib.suppress(OSError):
                folder.rmdir()


def _end_children_of(private: Path) -> None:
    """End the ansible-playbook that works in this folder, and all that it started: ask, 5 s later kill."""
    import psutil

    family: list[psutil.Process] = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any(str(private) in argument for argument in child.cmdline()):
                family += [child, *child.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(family, timeout=_GRACE_SECONDS)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=_GRACE_SECONDS)
