"""Reports for the tests of every form: of the recordings, and of a lab that says evil things wherever it can."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from labctl.checks import CheckReport, judge, judge_recording
from labctl.facts import Facts
from labctl.plan import default_plan
from tests.fakes import recording

NAMES = ("healthy", "kubelet-stopped-on-node-2", "coredns-one-replica", "weave-net-missing-on-node-3")
# What the page must not run, fetch or be cut off by; what must not end a table's row, a fence, an element or CDATA.
EVIL = (
    "</pre></script><script>document.title='run'</script><img src='http://127.0.0.1:9/leak' onerror='document.title=1'>"
    " | `` ```` \n# heading\n</details> ]]> --> \"'&amp; http://127.0.0.1:9/ @everyone [x](http://127.0.0.1:9/) "
    "\x00\x1b[2J\x9b31m\u202e\ud800\uffff end"
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@cache
def report(name: str) -> CheckReport:
    """The judged recording of that name."""
    return judge_recording(Path(__file__).parent / "recordings" / f"{name}.tar.gz")


@cache
def hostile() -> CheckReport:
    """The healthy recording with EVIL for texts that end up in what is observed, in reasons and in fixes."""
    files = recording("healthy")
    nodes = json.loads(files["api/api_v1_nodes.json"])
    for item in nodes["items"]:
        item["status"]["nodeInfo"] |= {"osImage": EVIL, "kernelVersion": EVIL, "containerRuntimeVersion": EVIL}
    nodes["items"][1]["status"]["conditions"] = [{"type": "Ready", "status": "False", "message": EVIL}]
    sets: dict[str, Any] = json.loads(files["api/apis_apps_v1_namespaces_kube-system_daemonsets.json"])
    sets["items"].append({**sets["items"][0], "metadata": {"name": EVIL, "uid": "x"}})
    key = "nodes/node-1/systemctl-show-kubelet.service.txt"
    files |= {
        "api/api_v1_nodes.json": json.dumps(nodes).encode(),
        "api/apis_apps_v1_namespaces_kube-system_daemonsets.json": json.dumps(sets).encode(),
        key: files[key].replace(b"UnitFileState=enabled", b"UnitFileState=" + EVIL.partition("\n")[0].encode()),
        "api/api_v1_namespaces_kube-system_services.json": EVIL.encode(errors="replace"),
    }
    return judge(default_plan("v1.20.2"), Facts.from_files(files, "live"))
