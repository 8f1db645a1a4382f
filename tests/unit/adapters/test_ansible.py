"""AnsiblePlaybooks with real ansible-playbook on this computer: what a user's computer or a kill can do to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labctl.adapters.ansible import AnsiblePlaybooks
from labctl.adapters.ports import TaskEvent
from labctl.errors import ToolError

INVENTORY = """
nodes:
  hosts:
    node-1: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  children:
    workers: {hosts: {}}
"""


class Lab:
    """A lab folder with one node, this computer, and playbooks made of the given tasks."""

    def __init__(self, root: Path) -> None:
        self.root = root / "a lab"
        self.root.mkdir()
        (self.root / "inventory.yml").write_text(INVENTORY)
        self.books = root / "playbooks"
        self.books.mkdir()
        (self.books / "ansible.cfg").write_text("[defaults]\n")
        self.log = root / "tools.log"
        self.events: list[TaskEvent] = []

    def run(self, tasks: str, hosts: str = "nodes", **variables: object) -> dict[str, int]:
        lines = "\n".join(f"    {line}" for line in tasks.strip("\n").splitlines())
        (self.books / "book.yml").write_text(f"- hosts: {hosts}\n  gather_facts: false\n  tasks:\n{lines}\n")
        playbooks = AnsiblePlaybooks(self.root, os.environ, self.log, playbooks=self.books)
        return dict(playbooks.run(["book"], extra_vars=variables, on_event=self.events.append).changed)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_the_users_settings_do_not_reach_ansible(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").write_text("[defaults]\nstdout_callback = none_such\n")
    monkeypatch.setenv("ANSIBLE_CONFIG", str(tmp_path / "ansible.cfg"))
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "none_such")
    monkeypatch.setenv("ANSIBLE_CHECK_MODE", "true")
    monkeypatch.setenv("A_SECRET", "hunter2")
    seen = '- {name: Look, ansible.builtin.command: env, changed_when: true}\n- ansible.builtin.fail: {msg: "{{ x }}"}'
    with pytest.raises(ToolError):
        lab.run(f"{seen}\n  vars: {{x: \"{{{{ lookup('env', 'A_SECRET') }}}}{{{{ ansible_check_mode }}}}!\"}}")
    assert lab.events[-1].message == "False!"
    assert "hunter2" not in lab.log.read_text()


def test_nothing_is_left_in_the_labs_folder(lab: Lab) -> None:
    (lab.root / "ansible").mkdir()
    (lab.root / "ansible" / "left by a killed run").touch()
    assert lab.run("- {name: Say, ansible.builtin.debug: {msg: '{{ word }}'}}", word='it is\'s "quoted"') == {}
    assert sorted(path.name for path in lab.root.iterdir()) == ["inventory.yml"]


def test_an_unreachable_node_is_named(lab: Lab) -> None:
    inventory = "nodes: {hosts: {node-1: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n"
    (lab.root / "inventory.yml").write_text(inventory)
    with pytest.raises(ToolError, match="node-1 cannot be reached over SSH"):
        lab.run("- {name: Say, ansible.builtin.command: 'true'}")


def test_a_playbook_that_cannot_be_read_shows_why(lab: Lab) -> None:
    with pytest.raises(ToolError, match="did not run") as caught:
        lab.run("- {name: Say, ansible.builtin.none_such: {}}")
    assert "none_such" in (caught.value.output or "")


def test_a_group_without_hosts_is_no_failure(lab: Lab) -> None:
    assert lab.run("- {name: Say, ansible.builtin.command: 'true'}", hosts="workers") == {}


def test_what_is_waited_for_is_told(lab: Lab) -> None:
    lab.run(
        """
- name: Look
  ansible.builtin.shell: test -e {{ flag | quote }} && echo there || { touch {{ flag | quote }}; echo waiting; }
  register: look
  until: "'waiting' not in look.stdout"
  delay: 0
  retries: 3
  changed_when: false
""",
        flag=str(lab.root / "flag"),
    )
    assert ("waiting", "waiting") in [(event.outcome, event.message) for event in lab.events]


def test_a_hidden_result_stays_hidden(lab: Lab) -> None:
    with pytest.raises(ToolError) as caught:
        lab.run("- {name: Join, ansible.builtin.shell: 'echo {{ token }}; exit 1', no_log: true}", token="hunter2")
    assert "Join: failed on node-1" in caught.value.message
    told = [caught.value.message, caught.value.output or "", lab.log.read_text(), *map(repr, lab.events)]
    assert not any("hunter2" in text for text in told)


def test_an_interrupt_ends_ansible_and_its_children(lab: Lab) -> None:
    slow = "- {name: Sleep, ansible.builtin.command: sleep 300.125}"
    main = threading.main_thread()

    def interrupt(event: TaskEvent) -> None:
        lab.events.append(event)
        if event.outcome == "started":
            started.set()

    started = threading.Event()
    (lab.books / "slow.yml").write_text(f"- hosts: nodes\n  gather_facts: false\n  tasks:\n    {slow}\n")
    playbooks = AnsiblePlaybooks(lab.root, os.environ, lab.log, playbooks=lab.books)

    def press_ctrl_c() -> None:
        import signal

        started.wait(30)
        _await_sleep()
        signal.pthread_kill(main.ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press_ctrl_c)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        playbooks.run(["slow"], on_event=interrupt)
    presser.join()
    assert _sleeping() == []
    assert not (lab.root / "ansible").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "labctl-test", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("room_kb", [0, 64, 200])
def test_a_full_disk_is_told_as_such_wherever_it_is_met(small_disk: Path, tmp_path: Path, room_kb: int) -> None:
    lab = Lab(small_disk)
    lab.log, lab.books = lab.root / "tools.log", Path(shutil.move(lab.books, tmp_path))
    with (small_disk / "fill").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"." * 4096) == 4096:
            pass
    os.truncate(small_disk / "fill", (small_disk / "fill").stat().st_size - room_kb * 1024)
    tasks = "- {name: Say, ansible.builtin.command: echo word}"
    with pytest.raises(ToolError, match=r"cannot work in .*No space left on device|the disk of .* is full") as caught:
        lab.run(tasks)
    assert "free some space" in (caught.value.hint or "")
    (small_disk / "fill").unlink()
    assert lab.run(tasks) == {"node-1": 1}
    assert not (lab.root / "ansible").exists()


def _sleeping() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["cmdline"] == ["sleep", "300.125"] and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def _await_sleep() -> None:
    pause = threading.Event()
    for _ in range(300):
        if _sleeping():
            return
        pause.wait(0.1)
