"""Whether image layers, which data-roots share by hard links, and saved data are what they were; mends what can be.

How that is known stands in vagrant/node/layers.sh: comparing some hundred or thousand lines takes a hundredth of a
second, where reading half a gigabyte would take seconds at every reset.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.providers.docker_volumes import in_volumes, mend_layers
from labctl.providers.interface import Checked


def checked(
    roots: Sequence[str],
    image: str,
    bundle: Path,
    runner: ProcessRunner,
    *,
    volume: str,
    checksum: str = "",
) -> Checked:
    """What of these data-roots, all on one volume, is not what it was; layers of the bundle's images are mended.

    checksum: that of a snapshot, whose other files are looked at, too. image: has a shell and Python. Raises ToolError.
    """
    found = in_volumes("check.sh", volume, [checksum, f"{volume}/_data", *roots], image, runner)
    lines = [line.split("\t") for line in found.splitlines()]
    lost = [line[1] for line in lines if line[0] == "data"]
    damaged = "".join(f"{line}\n" for line in found.splitlines() if line.startswith("was\t"))
    mended: list[str] = []
    for line in mend_layers(damaged, bundle, volume, image, runner).splitlines() if damaged else []:
        outcome, _, path, *why = line.split("\t")
        (mended if outcome == "mended" else lost).append(": ".join([_short(path), *why]))
    return Checked(tuple(dict.fromkeys(mended)), tuple(dict.fromkeys(lost)))


def _short(path: str) -> str:
    """overlay2/LAYER/diff/usr/bin/x as /usr/bin/x: what the layer is called tells nobody anything."""
    return "/" + path.partition("/diff/")[2]
