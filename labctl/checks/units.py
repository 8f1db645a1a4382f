"""What the claims about the services kubelet and docker share: a unit as systemctl shows it, and its command line.

Both views are read, `systemctl show` and `systemctl status`: where they contradict each other, the one that differs
from the tutorial counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.checks.compare import differences, one_line
from labctl.checks.model import At
from labctl.facts import Facts, NotObserved, NotObservedError, need
from labctl.facts.units import Unit, UnitStatus, configured_argv

RUNNING = "active (running)"
_MERGED_USR = "/usr"


@dataclass(frozen=True)
class ExpectedUnit:
    """How the tutorial shows a unit. drop_ins is None where it shows none and the claim names none."""

    unit: str
    docs: str
    drop_ins: tuple[str, ...] | None = None
    triggered_by: str | None = None

    def expect(self, _at: At) -> dict[str, Any]:
        """The lines of systemctl status that the claim is about."""
        return {
            "loaded": f"/lib/systemd/system/{self.unit}",
            "enabled": "enabled",
            **({} if self.drop_ins is None else {"drop-ins": list(self.drop_ins)}),
            "active": RUNNING,
            **({} if self.triggered_by is None else {"triggered by": [self.triggered_by]}),
            "docs": [self.docs],
        }

    def observe(self, facts: Facts, at: At) -> dict[str, Any]:
        """The same lines from systemctl show; where systemctl status says otherwise, what that says."""
        units = facts.machine(at.node.name).units
        expected = self.expect(at)
        seen = {key: value for key, value in _shown(need(units[self.unit].show)).items() if key in expected}
        status = units[self.unit].status
        told = {} if isinstance(status, NotObserved) else _told(status)
        for key, value in told.items():
            if key in seen and seen[key] == expected[key] and value != expected[key]:
                seen[key] = value
        seen |= _stale(need(units[self.unit].show))
        return seen | self._trigger(units, seen)

    def _trigger(self, units: Mapping[str, Unit], seen: Mapping[str, Any]) -> dict[str, Any]:
        """The triggering socket must be active itself: status would show its bullet hollow."""
        socket = units.get(self.triggered_by or "")
        if socket is None or self.triggered_by not in seen["triggered by"]:
            return {}
        state = active_state(socket)
        return {} if state is None or state.startswith("active") else {"triggered by": [f"{socket.name}, {state}"]}


def _shown(show: Mapping[str, str]) -> dict[str, Any]:
    state = show["ActiveState"]
    return {
        "loaded": show.get("FragmentPath") or show["LoadState"],
        "enabled": show.get("UnitFileState") or "no unit file",
        "drop-ins": show.get("DropInPaths", "").split(),
        "active": f"{state} ({show['SubState']})",
        "triggered by": show.get("TriggeredBy", "").split(),
        "docs": show.get("Documentation", "").split(),
    }


def _told(status: UnitStatus) -> dict[str, Any]:
    """What status says, for the lines that it has; where it was read to its end a list may also be empty."""
    lists = {
        "drop-ins": list(status.drop_ins),
        "triggered by": list(status.triggered_by),
        "docs": list(status.docs),
    }
    texts = {"loaded": status.path, "enabled": status.enabled, "active": status.active}
    return {
        **{key: value for key, value in texts.items() if value is not None},
        **{key: value for key, value in lists.items() if value or status.whole},
    }


def _stale(show: Mapping[str, str]) -> dict[str, Any]:
    """A unit file or drop-in that changed or went on disk since systemd read it."""
    return {"changed on disk": "yes"} if show.get("NeedDaemonReload") == "yes" else {}


def status_lines(value: Any) -> str:  # noqa: ANN401 - expected or observed
    """The lines in systemctl status's own words."""
    path, enabled = value["loaded"], value["enabled"]
    loaded = f"loaded ({path}; {enabled}; …)" if path.startswith("/") else f"{path} ({enabled})"
    lines = [f"Loaded: {loaded}"]
    if "drop-ins" in value:
        lines.append(f"Drop-In: {one_line(value['drop-ins'])}")
    lines.append(f"Active: {value['active']}")
    if "triggered by" in value:
        lines.append(f"TriggeredBy: {', '.join(f'● {unit}' for unit in value['triggered by']) or 'none'}")
    lines.append(f"Docs: {one_line(value['docs'])}")
    if "changed on disk" in value:
        lines.append("Warning: The unit file changed on disk. Run 'systemctl daemon-reload'.")
    return "\n".join(lines)


def flag_lines(command_line: str) -> str:
    """A command line with each flag on a line of its own."""
    return command_line.replace(" -", "\n-")


def process_lines(value: Any) -> str:  # noqa: ANN401 - expected or observed
    """The main process's command line, or the state of a unit that has none."""
    return flag_lines(value["process"] or f"no process: {value['state']}")


def usr_drift(expected: Mapping[str, Any], actual: Any) -> str | None:  # noqa: ANN401 - what was observed
    """/lib is a link to /usr/lib on a merged system: only that may differ."""
    if actual["loaded"] != _MERGED_USR + expected["loaded"]:
        return None
    same = differences(expected, {**actual, "loaded": expected["loaded"]}) is None
    return f"{actual['loaded']}: /lib is /usr/lib on this system" if same else None


def active_state(unit: Unit) -> str | None:
    """Such as "active (running)" or "inactive (dead)"; of two views that differ the bad one; None if not observed."""
    states = []
    if not isinstance(unit.show, NotObserved):
        states.append(f"{unit.show['ActiveState']} ({unit.show['SubState']})")
    if not isinstance(unit.status, NotObserved) and unit.status.active:
        states.append(unit.status.active)
    return next((state for state in states if not state.startswith("active (")), states[0] if states else None)


def not_running(facts: Facts, node: str, unit: str) -> str | None:
    """The state of a unit that is known not to be active; None if it is active or was not observed."""
    state = active_state(facts.machine(node).units[unit])
    return None if state is None or state.startswith("active (") else state


def observe_command_line(facts: Facts, at: At, unit: str) -> dict[str, str | None]:
    """The main process's command line and what the unit file would start; process is None if it does not run."""
    state = not_running(facts, at.node.name, unit)
    seen = facts.machine(at.node.name).units[unit]
    if state is not None:
        return {"process": None, "state": state}
    process = need(seen.status).process
    if not process:
        raise NotObservedError(f"systemctl status {unit} of {at.node.name} is cut off before its main process")
    configured = [] if isinstance(seen.show, NotObserved) else configured_argv(seen.show)
    return {"process": process, "unit file": " ".join(configured) or None}
