"""The Go compiler of the distribution, unpacked into the build cache, and an environment for repeatable builds.

What is built belongs to the parts (kubernetes.py, coredns.py, programs.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from labctl.adapters.ports import Completed, ProcessRunner
from labctl.errors import ToolError

COMPILER = "golang-1.19-go"
COMPILER_PACKAGES = (COMPILER, "golang-1.19-src")
_ROOT = "usr/lib/go-1.19"
_PROXY_DEFAULT = "https://proxy.golang.org,direct"
_HINT = "check GOPROXY (`go env GOPROXY`) and the room on the disk, then try again: what was fetched already is kept"
_BUILD_SECONDS = 3600


class Go:
    """The go command of an unpacked compiler. cache keeps modules and compiled packages between builds."""

    def __init__(self, compiler: Path, cache: Path, runner: ProcessRunner, *, arch: str) -> None:
        self._root = compiler / _ROOT
        self._cache = cache
        self._runner = runner
        self._arch = arch
        self._proxy: str | None = None

    @property
    def modules(self) -> Path:
        """The module cache: where unpacked modules lie as <path>@<version>."""
        return self._cache / "mod"

    def run(self, arguments: Sequence[str], *, cwd: Path, flags: Sequence[str] = ()) -> Completed:
        """Run `go …`; flags go into GOFLAGS. Raises ToolError with the compiler's own words."""
        command = [str(self._root / "bin/go"), *arguments]
        try:
            return self._runner.run(command, cwd=cwd, env=self._environment(flags), timeout=_BUILD_SECONDS)
        except ToolError as error:
            wrong = "checksum mismatch" in (error.output or "")
            what = "a Go module is not the one that the release pins" if wrong else f"go {arguments[0]} failed"
            raise ToolError(what, hint=_HINT, command=error.command, output=_tail(error.output)) from error

    def tool(self, command: Sequence[str], *, cwd: Path) -> Completed:
        """Run a program that itself calls go, in the same environment, with this go first on PATH."""
        return self._runner.run(command, cwd=cwd, env=self._environment(()), timeout=_BUILD_SECONDS)

    def module(self, path: str, version: str, *, sums: Mapping[str, str]) -> Path:
        """Download one module and return its unpacked folder.

        Raises ToolError unless its h1 sum is the one in sums ("path version" -> "h1:…").
        """
        output = self.run(["mod", "download", "-json", f"{path}@{version}"], cwd=self._made(self._cache)).stdout
        answer = json.loads(output)
        if answer["Sum"] != sums[f"{path} {version}"]:
            raise ToolError(
                f"the Go module {path}@{version} is not the one that the release pins",
                hint=_HINT,
                output=f"pinned {sums[f'{path} {version}']}\nserved {answer['Sum']}",
            )
        return Path(answer["Dir"])

    def _environment(self, flags: Sequence[str]) -> dict[str, str]:
        """Everything that changes what go builds or from where, set; the computer's own settings do not reach in.

        The checksum database is off because it may be out of reach: each module is checked against a go.sum that
        is complete before the build begins.
        """
        return {
            "GOROOT": str(self._root),
            "GOPATH": str(self._made(self._cache)),
            "GOMODCACHE": str(self._made(self.modules)),
            "GOCACHE": str(self._made(self._cache / "build")),
            "GOTMPDIR": str(self._made(self._cache / "tmp")),
            "GOPROXY": self._proxy or self._find_proxy(),
            "GOENV": "off",
            "GOFLAGS": " ".join(("-modcacherw", *flags)),
            "GOTOOLCHAIN": "local",
            "GOSUMDB": "off",
            "GO111MODULE": "on",
            "GOWORK": "off",
            "GOOS": "linux",
            "GOARCH": self._arch,
            "CGO_ENABLED": "0",
            **dict.fromkeys(
                ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOEXPERIMENT", "GOAMD64", "GOARM64"), ""
            ),
            "PATH": f"{self._root}/bin:/usr/local/bin:/usr/bin:/bin",
        }

    def _find_proxy(self) -> str:
        """GOPROXY as this computer is set up: its own go knows more (a go.env beside it) than the unpacked one."""
        for go in ("go", str(self._root / "bin/go")):
            try:
                found = self._runner.run([go, "env", "GOPROXY"], cwd=Path("/"), timeout=30).stdout.strip()
            except ToolError:
                continue
            if found:
                self._proxy = found
                return found
        return _PROXY_DEFAULT

    @staticmethod
    def _made(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def read_sums(go_sum: Path) -> dict[str, str]:
    """A go.sum file as {"path version": "h1:…"}."""
    lines = (line.rpartition(" ") for line in go_sum.read_text(encoding="utf-8").splitlines() if line)
    return {key: value for key, _, value in lines}


def _tail(output: str | None, lines: int = 30) -> str:
    """The last lines of a tool's output: go prints a line for each download before it fails."""
    return "\n".join((output or "").splitlines()[-lines:])
