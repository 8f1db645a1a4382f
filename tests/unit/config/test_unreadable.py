"""Lab files of which no YAML can be had at all: each is a ConfigError, never a traceback or an endless wait."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from labctl.assets import asset
from labctl.config import document, load_config
from labctl.config.text import MAX_BYTES
from labctl.errors import ConfigError

NODES = "nodes:\n  - {name: k8s-master, role: control-plane, ip: 192.168.50.10}\n"


def problems(path):
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "1: this file is empty, a lab file needs nodes: 0 nodes"),
        (b" \n\n \t\n", "1: this file is empty, a lab file needs nodes: 0 nodes"),
        (b"\xef\xbb\xbf", "1: this file holds nothing but comments, a lab file needs nodes: 0 nodes"),
        (b"name: x\nnodes: \xe9\n", "2: this is not UTF-8 text: byte 0xe9"),
        (NODES.encode("utf-16"), "1: this is not UTF-8 text: byte 0xff"),
        (b"name: x\n\x00", r"2: control characters have no place in a lab file: \x00"),
        (b"name: x\n\n\x1b[2J", r"3: control characters have no place in a lab file: \x1b"),
        (b"\x7fELF\x02\x01\x01\x00", r"1: control characters have no place in a lab file: \x7f"),
        (b"#" * (MAX_BYTES + 1), f"1: this file is larger than a lab file can be: more than {MAX_BYTES} bytes"),
    ],
)
def test_content_that_is_no_text(tmp_path, content, told):
    path = tmp_path / "lab.yml"
    path.write_bytes(content)
    assert problems(path) == [told]


def test_missing(tmp_path):
    assert problems(tmp_path / "lab.yml") == ["1: cannot be read: No such file or directory"]


def test_folder(tmp_path):
    assert problems(tmp_path) == ["1: cannot be read: a folder"]


def test_pipe_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "lab.yml")
    assert problems(tmp_path / "lab.yml") == ["1: cannot be read: no plain file"]


def test_device():
    assert problems(Path("/dev/zero")) == ["1: cannot be read: no plain file"]


def test_name_that_no_file_can_have():
    with pytest.raises(ConfigError) as caught:
        load_config(Path("lab\0.yml"))
    assert r"lab\x00.yml:1: cannot be read" in caught.value.problems[0]


def test_unreadable(tmp_path, monkeypatch):
    path = tmp_path / "lab.yml"
    path.write_text(NODES)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    # Root can read everything, so the refusal is made here.
    monkeypatch.setattr(Path, "open", refuse)
    assert problems(path) == ["1: cannot be read: Permission denied"]


@pytest.mark.parametrize("opener", ["[", "{", "- ", "? "])
def test_a_million_levels_end_quickly(tmp_path, opener):
    path = tmp_path / "lab.yml"
    path.write_text(opener * (MAX_BYTES // len(opener) - 1))
    begun = time.monotonic()
    (told,) = problems(path)
    assert "nested deeper" in told or "not YAML" in told
    assert time.monotonic() - begun < 20


def test_a_file_full_of_mistakes_is_told_in_part(tmp_path):
    path = tmp_path / "lab.yml"
    path.write_text(NODES + "".join(f"key{i}: 1\n" for i in range(5000)))
    told = problems(path)
    assert len(told) == 101
    assert told[-1].endswith("and 4900 more mistakes")


def test_too_many_nodes(tmp_path):
    path = tmp_path / "lab.yml"
    rows = "".join(f"  - {{name: node-{i}, role: worker, ip: 192.168.50.{10 + i}}}\n" for i in range(1, 51))
    path.write_text(NODES + rows)
    assert problems(path) == ["1: nodes can be 50 at most, one computer carries no more: 51 nodes"]


def test_values_are_cut(tmp_path):
    path = tmp_path / "lab.yml"
    path.write_text(f"name: {'x' * 100_000}\n{NODES}")
    (told,) = problems(path)
    assert len(told) < 200


def test_windows_line_ends(tmp_path):
    path = tmp_path / "lab.yml"
    path.write_bytes(b"\xef\xbb\xbf" + NODES.replace("\n", "\r\n").encode() + b"nome: x\r\n")
    assert problems(path) == ["3: unknown key, did you mean name: nome"]


def test_the_composer_never_sees_aliases(tmp_path, monkeypatch):
    path = tmp_path / "lab.yml"
    path.write_text("a: &a [x]\nnodes: *a\n")

    def compose(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(document.yaml, "compose", compose)
    assert problems(path) == ["2: aliases are not allowed, write the value again: *a"]


def test_a_file_cut_anywhere_is_told_or_good(tmp_path):
    # As an editor or a full disk may leave it; PyYAML points behind the last line for some of them.
    text = asset("vagrant", "lab.yml").read_text()
    path = tmp_path / "lab.yml"
    for length in range(0, len(text), 7):
        path.write_text(text[:length])
        try:
            load_config(path)
        except ConfigError as error:
            assert error.problems
    path.write_text("name: [x\n- {")
    assert "not YAML" in problems(path)[0]
