"""vagrant/node/await-api: a worker's kubelet begins when the API server listens, and after a while in any case."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from labctl.assets import node_script


def started(folder: Path, server: str, seconds: int = 20) -> subprocess.Popen[str]:
    """The script on a node whose kubelet is to talk to server."""
    config = folder / "kubelet.conf"
    config.write_text(f"clusters:\n- cluster:\n    server: https://{server}\n  name: default-cluster\n")
    text = node_script("await-api").decode()
    assert "/etc/kubernetes/kubelet.conf" in text
    assert "SECONDS < 20" in text
    text = text.replace("/etc/kubernetes/kubelet.conf", str(config)).replace("SECONDS < 20", f"SECONDS < {seconds}")
    return subprocess.Popen(["bash", "-c", text], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_returns_once_somebody_listens(tmp_path: Path, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as bound:
        try:
            bound.bind((host, 0))
        except OSError:
            pytest.skip(f"this computer has no address {host}")
        address = f"[{host}]" if ":" in host else host
        waiting = started(tmp_path, f"{address}:{bound.getsockname()[1]}")
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate(timeout=1)
        bound.listen()
        assert waiting.communicate(timeout=10) == (None, "")
    assert waiting.returncode == 0


def test_it_gives_up_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{bound.getsockname()[1]}"
        waiting = started(tmp_path, server, seconds=1)
        _, said = waiting.communicate(timeout=10)
    assert waiting.returncode == 1
    assert said == f"nobody listens on {server}\n"


def test_one_that_takes_no_connection_holds_it_up_no_longer(tmp_path: Path) -> None:
    """A full backlog drops what comes: connecting alone would take two minutes."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        begun = time.monotonic()
        waiting = started(tmp_path, f"127.0.0.1:{full.getsockname()[1]}", seconds=2)
        waiting.communicate(timeout=15)
    assert waiting.returncode == 1
    assert time.monotonic() - begun < 10
