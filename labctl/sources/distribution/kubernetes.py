"""Part: the seven Kubernetes programs, compiled from the module k8s.io/kubernetes and its staging modules.

The release's own build wants Docker, git and a vendored tree; a module has none of these. What differs from it:
the staging modules come from the module mirror, one library is raised (see _EDITS), and the OpenAPI definitions,
which the module lacks, are generated first.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from labctl.errors import ToolError
from labctl.sources.distribution.golang import Go, read_sums
from labctl.sources.distribution.part import Part, Workshop

COMMANDS = (
    "kubeadm",
    "kubelet",
    "kubectl",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
)
_MODULE = "k8s.io/kubernetes"
_SUMS = Path(__file__).parent / "data/kubernetes.go.sum"
# json-iterator/go's reflect2 1.0.1 crashes at run time when compiled with Go 1.18 or newer.
_EDITS = (
    (r"^(\s*k8s\.io/[a-z-]+) => \./staging/src/(k8s\.io/[a-z-]+)$", r"\1 => \2 {staging}"),
    (r"^(\s*k8s\.io/[a-z-]+) v0\.0\.0$", r"\1 {staging}"),
    (r"^(\s*github\.com/modern-go/reflect2(?: => \S+)?) v1\.0\.1$", r"\1 v1.0.2"),
)
# hack/make-rules and build/root/Makefile.generated_files of the release: who contributes OpenAPI definitions.
_OPENAPI_STAGING = (
    "api",
    "apiextensions-apiserver",
    "apimachinery",
    "apiserver",
    "client-go",
    "cloud-provider",
    "kube-aggregator",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
    "metrics",
)
_OPENAPI_FOLDERS = ("cmd", "pkg", "plugin")
_OPENAPI_MARK = "+k8s:openapi-gen="
_OPENAPI_LEFT_OUT = re.compile(r"testapigroup|/example")
_OPENAPI_OUTPUT = "pkg/generated/openapi"
_OPENAPI_FILE = "zz_generated.openapi"
_VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def _inputs(shop: Workshop) -> Sequence[str]:
    return [shop.release.kubernetes]


def _build(shop: Workshop, into: Path) -> None:
    version = shop.release.kubernetes
    go = shop.go()
    commands = [f"./cmd/{name}" for name in COMMANDS]
    with shop.scratch() as work:
        shop.tell(f"Kubernetes {version}: fetching sources")
        source = work / "src"
        _prepare(go.module(_MODULE, version, sums=read_sums(_SUMS)), source, staging_version(version))
        # Fetches what the programs are made of, and no more: `go mod download` would fetch the whole module graph.
        go.run(["list", "-deps", *commands], cwd=source)
        shop.tell(f"Kubernetes {version}: generating OpenAPI definitions")
        _generate_openapi(go, source, work, staging_version(version))
        shop.tell(f"Kubernetes {version}: compiling {len(COMMANDS)} programs, the longest part")
        flags = ["-trimpath", "-ldflags", _version_flags(version), "-o", f"{into}/"]
        go.run(["build", *flags, *commands], cwd=source)


def staging_version(kubernetes: str) -> str:
    """The staging modules' version of a Kubernetes version: v1.21.1 -> v0.21.1."""
    return re.sub(r"^v1\.", "v0.", kubernetes)


def edit_go_mod(text: str, staging: str) -> str:
    """The release's go.mod with its staging folders replaced by published modules."""
    for pattern, replacement in _EDITS:
        text = re.sub(pattern, replacement.format(staging=staging), text, flags=re.MULTILINE)
    return text


def _prepare(module: Path, source: Path, staging: str) -> None:
    """Copy the module to a writable folder without its vendored and staged trees, and complete go.mod and go.sum."""
    shutil.copytree(module, source, ignore=lambda folder, _: ("vendor", "staging") if Path(folder) == module else ())
    go_mod, go_sum = source / "go.mod", source / "go.sum"
    go_mod.write_text(edit_go_mod(go_mod.read_text(encoding="utf-8"), staging), encoding="utf-8")
    go_sum.write_text(go_sum.read_text(encoding="utf-8") + _SUMS.read_text(encoding="utf-8"), encoding="utf-8")


def _generate_openapi(go: Go, source: Path, work: Path, staging: str) -> None:
    generator = work / "openapi-gen"
    go.run(["build", "-o", str(generator), "k8s.io/kube-openapi/cmd/openapi-gen"], cwd=source)
    packages = sorted(set(_openapi_packages(go.modules, source, staging)))
    command = [str(generator), "--go-header-file", "hack/boilerplate/boilerplate.generatego.txt"]
    command += ["--input-dirs", ",".join(packages), "--output-package", f"{_MODULE}/{_OPENAPI_OUTPUT}"]
    command += ["--output-base", str(work / "generated"), "--report-filename", str(work / "violations")]
    go.tool([*command, "-O", _OPENAPI_FILE], cwd=source)
    made = work / "generated" / _MODULE / _OPENAPI_OUTPUT / f"{_OPENAPI_FILE}.go"
    if not made.is_file():
        raise ToolError("the OpenAPI definitions of Kubernetes were not generated", command=command)
    shutil.copy(made, source / _OPENAPI_OUTPUT / made.name)


def _openapi_packages(modules: Path, source: Path, staging: str) -> Iterator[str]:
    """Import paths of the packages that ask for OpenAPI definitions."""
    roots = [(modules / f"k8s.io/{name}@{staging}", f"k8s.io/{name}") for name in _OPENAPI_STAGING]
    roots += [(source / name, f"{_MODULE}/{name}") for name in _OPENAPI_FOLDERS]
    for root, import_path in roots:
        for file in root.rglob("*.go"):
            package = f"{import_path}/{file.parent.relative_to(root).as_posix()}".removesuffix("/.")
            generated = file.name.endswith("_test.go") or "zz_gen" in file.name
            if not generated and not _OPENAPI_LEFT_OUT.search(package) and _asks(file):
                yield package


def _asks(file: Path) -> bool:
    return _OPENAPI_MARK in file.read_text(encoding="utf-8", errors="replace")


def _version_flags(version: str) -> str:
    major, minor = version.removeprefix("v").split(".")[:2]
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X {package}.{key}={value}" for package in _VERSION_PACKAGES for key, value in values.items()]
    return " ".join(["-s -w", *stamps])


PART = Part("kubernetes", "Kubernetes programs", ("compiler",), _inputs, _build, data=(_SUMS,))
