"""The Go environment: nothing of the computer's own settings reaches in, nothing unpinned gets through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from table_runner import TableRunner

from labctl.errors import ToolError
from labctl.sources.distribution import kubernetes
from labctl.sources.distribution.golang import Go, read_sums

DATA = Path(kubernetes.__file__).parent / "data"
MODULE = "github.com/coredns/coredns"


@pytest.fixture
def compiler(tmp_path: Path) -> str:
    return str(tmp_path / "compiler/usr/lib/go-1.19/bin/go")


@pytest.fixture
def go(tmp_path: Path, runner: TableRunner) -> Go:
    runner.table[("go", "env", "GOPROXY")] = "https://mirror.example\n"
    return Go(tmp_path / "compiler", tmp_path / "go", runner, arch="arm64")


def test_a_build_does_not_see_the_computer_s_settings(
    go: Go, runner: TableRunner, compiler: str, tmp_path: Path
) -> None:
    runner.table[(compiler, "build")] = ""
    go.run(["build", "."], cwd=tmp_path, flags=["-mod=readonly"])
    go.run(["build", "."], cwd=tmp_path)
    env = runner.environments[1]
    assert env["GOPROXY"] == "https://mirror.example"
    assert env["GOENV"] == "off"
    assert env["GOFLAGS"] == "-modcacherw -mod=readonly"
    assert (env["GOTOOLCHAIN"], env["CGO_ENABLED"], env["GOARCH"], env["GOWORK"]) == ("local", "0", "arm64", "off")
    assert env["GONOSUMDB"] == env["GOPRIVATE"] == env["GOEXPERIMENT"] == ""
    assert env["PATH"].startswith(str(tmp_path / "compiler"))
    assert [c[1] for c in runner.commands] == ["env", "build", "build"]


def test_without_a_go_the_unpacked_one_knows_the_proxy(tmp_path: Path, runner: TableRunner, compiler: str) -> None:
    runner.table[("go",)] = ToolError("go is not there")
    runner.table[(compiler, "env")] = "https://proxy.golang.org,direct\n"
    runner.table[(compiler, "build")] = ""
    Go(tmp_path / "compiler", tmp_path / "go", runner, arch="amd64").run(["build"], cwd=tmp_path)
    assert runner.environments[-1]["GOPROXY"] == "https://proxy.golang.org,direct"


def test_a_module_is_used_only_with_its_pinned_sum(go: Go, runner: TableRunner, compiler: str) -> None:
    sums = read_sums(DATA / "coredns.go.sum")
    answer = {"Dir": "/modules/coredns", "Sum": sums[f"{MODULE} v1.8.0"]}
    runner.table[(compiler, "mod", "download")] = lambda argv, cwd: json.dumps(answer)
    assert go.module(MODULE, "v1.8.0", sums=sums) == Path("/modules/coredns")
    answer["Sum"] = "h1:other"
    with pytest.raises(ToolError, match="not the one that the release pins") as caught:
        go.module(MODULE, "v1.8.0", sums=sums)
    assert "h1:other" in (caught.value.output or "")


def test_a_failure_tells_the_compiler_s_last_words(go: Go, runner: TableRunner, compiler: str, tmp_path: Path) -> None:
    said = "\n".join([*(f"go: downloading m{n}" for n in range(99)), "main.go:1: undefined: x"])
    runner.table[(compiler, "build")] = ToolError("go failed", output=said)
    with pytest.raises(ToolError, match="go build failed") as caught:
        go.run(["build", "."], cwd=tmp_path)
    assert (caught.value.output or "").endswith("undefined: x")
    assert len((caught.value.output or "").splitlines()) == 30
    runner.table[(compiler, "build")] = ToolError("go failed", output="verifying m: checksum mismatch")
    with pytest.raises(ToolError, match="not the one that the release pins"):
        go.run(["build", "."], cwd=tmp_path)


def test_the_release_s_go_mod_names_published_staging_modules() -> None:
    original = (
        "require (\n\tk8s.io/api v0.0.0\n\tk8s.io/klog/v2 v2.8.0\n\tgithub.com/modern-go/reflect2 v1.0.1\n)\n"
        "replace (\n\tgithub.com/modern-go/reflect2 => github.com/modern-go/reflect2 v1.0.1\n"
        "\tk8s.io/api => ./staging/src/k8s.io/api\n\tk8s.io/gengo => k8s.io/gengo v0.0.0-20201214224949\n)\n"
    )
    assert kubernetes.edit_go_mod(original, kubernetes.staging_version("v1.21.1")) == (
        "require (\n\tk8s.io/api v0.21.1\n\tk8s.io/klog/v2 v2.8.0\n\tgithub.com/modern-go/reflect2 v1.0.2\n)\n"
        "replace (\n\tgithub.com/modern-go/reflect2 => github.com/modern-go/reflect2 v1.0.2\n"
        "\tk8s.io/api => k8s.io/api v0.21.1\n\tk8s.io/gengo => k8s.io/gengo v0.0.0-20201214224949\n)\n"
    )


@pytest.mark.parametrize(("name", "module"), [("kubernetes", "k8s.io/kubernetes v1.21.1"), ("coredns", MODULE)])
def test_pinned_sums_are_sums(name: str, module: str) -> None:
    sums = read_sums(DATA / f"{name}.go.sum")
    assert any(key.startswith(module) for key in sums)
    assert all(value.startswith("h1:") and len(value) == 47 for value in sums.values())
    assert "github.com/modern-go/reflect2 v1.0.2" in sums
