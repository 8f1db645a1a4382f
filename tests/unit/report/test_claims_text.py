"""`labctl claims`: every claim explained whole, found by glob, and guessed where its id is misspelt."""

from __future__ import annotations

import json

import pytest

from labctl.checks import CLAIMS
from labctl.errors import UsageError
from labctl.report.claims import claims_json, claims_text

LABELS = ["source", "scope", "you would type", "the tutorial shows", "how it is judged", "how to break it"]


@pytest.mark.parametrize("claim", [check.id for check in CLAIMS])
def test_a_claim_is_explained_whole(claim: str) -> None:
    head, *lines = claims_text(claim)
    assert head.startswith(f"{claim}: ")
    told = {line[2:22].strip(): line[22:] for line in lines if line[2:3] != " "}
    assert [label for label in told if label != "where"] == [*LABELS, "how to fix it"]
    assert all(told.values())
    assert not any(place in text for text in told.values() for place in ("{node}", "{master}"))


def test_columns_of_the_tutorial_are_aligned() -> None:
    lines = [line[22:] for line in claims_text("nodes.roles")]
    start = lines.index("NAME         ROLES")
    assert lines[start + 1 : start + 3] == ["k8s-master   control-plane,master", "node-1       <none>"]


def test_all_and_some() -> None:
    assert [line.split()[0] for line in claims_text(None)] == [check.id for check in CLAIMS]
    assert [line.split()[0] for line in claims_text("kubelet.*")] == ["kubelet.service", "kubelet.command-line"]


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("kubelet.servic", "did you mean kubelet.service?"),
        ("kubelet", "did you mean kubelet.service or kubelet.command-line?"),
        ("nods.redy", "did you mean nodes.ready"),
        ("zzz", "labctl claims lists them"),
        ("zzz.*", "labctl claims lists them"),
    ],
)
def test_a_wrong_id_is_told_with_a_guess(wanted: str, hint: str) -> None:
    for make in (claims_json, lambda each: list(claims_text(each))):
        with pytest.raises(UsageError, match="there is no claim") as caught:
            make(wanted)
        assert (caught.value.hint or "").startswith(hint)


def test_json_is_all_about_each() -> None:
    data = json.loads(claims_json(None))
    assert data["schema"] == "labctl.claims/v1"
    assert [claim["id"] for claim in data["claims"]] == [check.id for check in CLAIMS]
    keys = ["id", "scope", "title", "source", "command", "shown", "judged", "live_only", "breaks", "fix"]
    assert all(list(claim) == keys for claim in data["claims"])
    (one,) = json.loads(claims_json("nodes.ready"))["claims"]
    assert one["shown"] == "NAME   STATUS\nnode-1   Ready"
