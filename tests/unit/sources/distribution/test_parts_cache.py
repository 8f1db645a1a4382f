"""Parts: what their keys follow, how they are cached, in which order they are made."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.sources.distribution.part import Part, Workshop, contents, forget_others, obtain
from labctl.sources.distribution.parts import PARTS
from labctl.sources.distribution.schedule import make


def writing(text: str, built: list[str] | None = None) -> Part:
    def build(shop: Workshop, into: Path) -> None:
        if built is not None:
            built.append(text)
        (into / "bin").mkdir()
        (into / "bin/tool").write_text(text)

    return Part("tool", "a tool", (), lambda shop: [text], build)


def test_a_part_is_built_once_and_again_when_an_input_changes(shop: Workshop) -> None:
    built: list[str] = []
    first = obtain(writing("one", built), shop)
    assert obtain(writing("one", built), shop) == first
    other = obtain(writing("two", built), shop)
    assert built == ["one", "two"]
    assert (first / "bin/tool").read_text() == "one"
    assert (other / "bin/tool").read_text() == "two"
    assert contents(other) == ["bin/tool"]


def test_a_key_follows_needs_data_files_and_architecture(shop: Workshop, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "go.sum").write_text("a")
    part = replace(writing("x"), needs=("compiler",), data=(data,))
    shop.results["compiler"] = Path("/parts/compiler-1")
    keys = {part.key(shop)}
    shop.results["compiler"] = Path("/parts/compiler-2")
    keys.add(part.key(shop))
    (data / "go.sum").write_text("b")
    keys.add(part.key(shop))
    keys.add(part.key(replace(shop, arch="arm64")))
    keys.add(replace(part, name="other").key(shop))
    assert len(keys) == 5
    assert part.key(shop) == part.key(shop)


@pytest.mark.parametrize("damage", ["changed", "missing", "added", "unreadable"])
def test_a_damaged_part_is_made_again(shop: Workshop, damage: str) -> None:
    built: list[str] = []
    place = obtain(writing("one", built), shop)
    if damage == "changed":
        (place / "bin/tool").write_text("One")
    elif damage == "missing":
        (place / "bin/tool").unlink()
    elif damage == "added":
        (place / "bin/more").write_text("")
    else:
        (place / ".sums.json").write_text("{")
    assert obtain(writing("one", built), shop) == place
    assert built == ["one", "one"]
    assert contents(place) == ["bin/tool"]
    assert (place / "bin/tool").read_text() == "one"


def test_a_failed_part_leaves_nothing(shop: Workshop) -> None:
    def build(shop: Workshop, into: Path) -> None:
        (into / "half").write_text("")
        raise ToolError("go build failed")

    with pytest.raises(ToolError, match="go build failed"):
        obtain(Part("tool", "a tool", (), lambda shop: [], build), shop)
    assert list((shop.cache / "parts").iterdir()) == []


def test_what_no_part_is_any_more_goes(shop: Workshop) -> None:
    old, new = obtain(writing("one"), shop), obtain(writing("two"), shop)
    (shop.cache / "parts/.tool.4711").mkdir()
    forget_others(shop.cache, {"tool": new})
    assert list((shop.cache / "parts").iterdir()) == [new]
    assert not old.exists()


def test_every_need_is_a_part_and_names_are_unique() -> None:
    names = [part.name for part in PARTS]
    assert len(set(names)) == len(names)
    assert all(need in names for part in PARTS for need in part.needs)


def parts(**needs: str) -> list[Part]:
    return [Part(name, name, tuple(n.split()), lambda shop: [], lambda shop, into: None) for name, n in needs.items()]


def test_needs_are_made_first_and_independent_parts_at_once() -> None:
    order: list[str] = []
    meeting = threading.Barrier(2, timeout=5)

    def obtain_part(part: Part) -> Path:
        if part.name in ("left", "right"):
            meeting.wait()
        order.append(part.name)
        return Path(part.name)

    results: dict[str, Path] = {}
    make(parts(top="left right", left="root", right="root", root=""), obtain_part, results)
    assert order[0] == "root"
    assert order[-1] == "top"
    assert results["top"] == Path("top")


def test_after_a_failure_nothing_new_begins() -> None:
    begun: list[str] = []

    def obtain_part(part: Part) -> Path:
        begun.append(part.name)
        if part.name == "compiler":
            raise ToolError("the network is down")
        return Path(part.name)

    with pytest.raises(ToolError, match="network is down"):
        make(parts(compiler="", kubernetes="compiler", images="kubernetes"), obtain_part, {})
    assert begun == ["compiler"]


def test_a_need_that_nothing_makes_is_a_defect() -> None:
    with pytest.raises(ValueError, match="images"):
        make(parts(images="kubernetes"), lambda part: Path(part.name), {})
