"""Counting tries, noticing crawls, partial files on disk, which faults pass."""

from __future__ import annotations

import ssl

import httpx
import pytest

from labctl.adapters.http_faults import PassingError, status_fault, transport_fault
from labctl.adapters.limits import Limits, Pace, Tries
from labctl.adapters.partial import Origin, PartialFile, validator, write_all


def test_tries_begin_anew_with_progress():
    size = [0]
    tries = Tries(Limits(tries=3), lambda: size[0])
    for reached in (0, 0, 5000, 5000):
        size[0] = reached
        tries.failed(PassingError("cut"))
        assert not tries.over
    tries.failed(PassingError("cut"))
    assert tries.over
    assert tries.total == 5


def test_a_few_bytes_are_no_progress():
    size = [0]
    tries = Tries(Limits(tries=3), lambda: size[0])
    for _ in range(3):
        size[0] += 1
        tries.failed(PassingError("cut"))
    assert tries.over


def test_the_wait_grows_to_its_bound_unless_the_server_names_it():
    tries = Tries(Limits(backoff=1, longest_backoff=8), lambda: 0)
    waits = []
    for _ in range(8):
        tries.failed(PassingError("x"))
        waits.append(tries.wait)
    assert 0.5 <= waits[0] <= 1
    assert 4 <= waits[-1] <= 8
    tries.failed(PassingError("x", wait=17))
    assert tries.wait == 17


def test_a_crawl_is_noticed_only_after_the_window():
    pace = Pace(slowest=100, window=0.0)
    with pytest.raises(PassingError, match="only 0 bytes"):
        pace.check(0)
    Pace(slowest=100, window=60).check(0)
    Pace(slowest=0, window=0.0).check(1)


@pytest.mark.parametrize(
    ("headers", "mark"),
    [
        ({"etag": '"a"', "last-modified": "yesterday"}, '"a"'),
        ({"etag": 'W/"a"', "last-modified": "yesterday"}, "yesterday"),
        ({"etag": 'W/"a"'}, None),
        ({}, None),
    ],
)
def test_only_strong_marks_count(headers, mark):
    assert validator(headers) == mark


def test_a_partial_file_remembers_its_origin(tmp_path):
    partial = PartialFile(tmp_path / "d" / "x")
    assert (partial.size(), partial.origin()) == (0, None)
    partial.start(Origin("http://a", '"t"', 9))
    with partial.append() as stream:
        write_all(stream, b"12345")
    again = PartialFile(tmp_path / "d" / "x")
    assert (again.size(), again.origin()) == (5, Origin("http://a", '"t"', 9))
    again.finish(tmp_path / "e" / "y")
    assert (tmp_path / "e" / "y").read_bytes() == b"12345"
    assert not list((tmp_path / "d").iterdir())


@pytest.mark.parametrize("note", ["", "{", "[]", '{"url": "x"}'])
def test_half_a_note_is_none(tmp_path, note):
    (tmp_path / "x.json").write_text(note)
    assert PartialFile(tmp_path / "x").origin() is None


def test_which_refusals_pass():
    for status in (429, 500, 503):
        assert isinstance(status_fault(status, "", {}), PassingError)
    for status in (400, 401, 403, 404, 301):
        assert isinstance(status_fault(status, "", {}), str)
    assert status_fault(429, "", {"retry-after": "7"}).wait == 7
    assert status_fault(429, "", {"retry-after": "99999"}).wait == 60
    assert status_fault(429, "", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}).wait is None


def test_which_faults_of_the_connection_pass():
    kinds = (httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError)
    for error in (kind("x") for kind in kinds):
        assert isinstance(transport_fault(error, 1, 2), PassingError), error
    tls = httpx.ConnectError("certificate verify failed")
    tls.__cause__ = ssl.SSLError("certificate verify failed")
    for error in (tls, httpx.TooManyRedirects("x"), httpx.UnsupportedProtocol("x"), httpx.ProxyError("403")):
        assert isinstance(transport_fault(error, 1, 2), str), error


def test_a_write_that_takes_a_part_is_gone_on_with():
    taken = []

    class NearlyFull:
        def write(self, data):
            taken.append(bytes(data[:3]))
            return len(taken[-1])

    write_all(NearlyFull(), b"12345678")
    assert taken == [b"123", b"456", b"78"]
