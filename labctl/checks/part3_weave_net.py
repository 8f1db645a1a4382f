"""Part 3 of the tutorial, weave-net: its pods, its DaemonSet, and the images that the pods run."""

from __future__ import annotations

from dataclasses import dataclass

from labctl.checks.daemon_pods import DaemonPods, daemon_set_check, placement_check, pods_check
from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObserved
from labctl.facts.model import DAEMON_SETS
from labctl.releases import TUTORIAL

WEAVE_NET = DaemonPods(
    name="weave-net",
    ready="2/2",
    node_selector="<none>",
    source="Part 3, weave-net",
    shown_pods="weave-net-46pcs   2/2   Running\nweave-net-dsw4n   2/2   Running\n"
    "weave-net-slfx4   2/2   Running\nweave-net-t4g45   2/2   Running",
    shown_placement="weave-net-46pcs   192.168.50.11   node-1\nweave-net-dsw4n   192.168.50.10   k8s-master\n"
    "weave-net-slfx4   192.168.50.12   node-2\nweave-net-t4g45   192.168.50.13   node-3",
    step="weave_net",
)
IMAGES = ("weaveworks/weave-kube", "weaveworks/weave-npc")
_HUB = ("", "docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True)
class Image:
    """An image reference: registry (empty for the default one), repository, tag (empty if only by digest)."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def parse(cls, reference: str) -> Image:
        """Docker's rule: the first part is a registry if it has a dot or a colon or is localhost."""
        name = reference.partition("@")[0]
        first, slash, rest = name.partition("/")
        has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
        path = rest if has_registry else name
        repository, _, tag = path.partition(":")
        return cls(first if has_registry else "", repository, tag or ("" if "@" in reference else "latest"))

    @property
    def original(self) -> str | None:
        """Which of the tutorial's two images it is, from whatever registry or mirror; None if neither."""
        return next((each for each in IMAGES if f"/{self.repository}".endswith(f"/{each}")), None)

    @property
    def stands_for(self) -> str | None:
        """Which of the two images it stands in for, by the release data; None if it is no stand-in."""
        full = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return TUTORIAL.stand_ins.get(full)


def observe_images(facts: Facts, _at: At) -> list[str]:
    """Images of the pods, and of the DaemonSet's template if that was observed: each once, sorted."""
    found = {image for pod in WEAVE_NET.pods(facts) for image in pod.images}
    if found and not isinstance(facts.api[DAEMON_SETS], NotObserved):
        sets = [each for each in facts.daemon_sets() if each.name == WEAVE_NET.name]
        found |= {image for each in sets for image in each.images}
    return sorted(found)


def compare_images(_expected: object, actual: list[str]) -> str | None:
    """Every image is one of the two or stands in for one, and both are there."""
    images = [Image.parse(each) for each in actual]
    roles = [image.original or image.stands_for for image in images]
    foreign = [reference for reference, role in zip(actual, roles, strict=True) if role is None]
    parts = [f"not weave-net's image: {', '.join(foreign)}"] if foreign else []
    parts += [f"no pod runs {each}" for each in IMAGES if each not in roles]
    return "; ".join(parts) or None


def image_drift(expected: object, actual: list[str]) -> str | None:
    """Stand-ins, which name themselves; other tags; other registries."""
    if compare_images(expected, actual) is not None:
        return None
    stand_ins, others = [], []
    for reference in actual:
        image = Image.parse(reference)
        if image.original is None:
            stand_ins.append(f"{reference} stands in for {image.stands_for}")
        elif image.tag != TUTORIAL.tutorial.weave_net or image.registry not in _HUB or image.repository not in IMAGES:
            others.append(reference)
    parts = list(stand_ins)
    if stand_ins:
        parts.append("pods reach each other as with the original, but weave-npc enforces no network policy")
    if others:
        tag = TUTORIAL.tutorial.weave_net
        parts.append(f"{', '.join(others)} where the release has tag {tag} on Docker Hub: the same network")
    return "; ".join(parts) or None


IMAGE = Check(
    id="weave-net.image",
    scope="lab",
    title="the pods run the weave-net image",
    source="Part 3, weave-net",
    command="kubectl get pods -n kube-system -l name=weave-net -o jsonpath='{..image}'",
    shown="“We have four pods running with 'weave-net' image.”",
    judged="weaveworks/weave-kube and weaveworks/weave-npc; another tag or registry, or a stand-in that the release "
    "data lists, is DRIFT; any other image FAILs",
    breaks="kubectl -n kube-system set image daemonset/weave-net weave=busybox",
    fix="labctl up --from weave_net",
    expect=lambda _: [f"{each}:{TUTORIAL.tutorial.weave_net}" for each in IMAGES],
    observe=observe_images,
    compare=compare_images,
    drift=image_drift,
    show="\n".join,
)


CHECKS = (pods_check(WEAVE_NET), placement_check(WEAVE_NET), daemon_set_check(WEAVE_NET), IMAGE)
