"""One-change cases about Docker."""

from __future__ import annotations

import recording_edits as e
from mutation_case import DOCKER_DETAILS, Case, down, rows

CASES = (
    Case(
        "docker stopped",
        down("docker", "node-3"),
        (
            "FAIL docker.service@node-3",
            "FAIL docker.command-line@node-3 <- docker.service@node-3",
            *rows("ERROR", DOCKER_DETAILS, "node-3", "docker.service@node-3"),
        ),
    ),
    Case(
        "docker stopped, as docker says it",
        e.both(
            down("docker", "node-3"),
            *(
                e.replace(
                    e.on("node-3", f),
                    b"Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n",
                )
                for f in ("docker-version.json", "docker-info.json")
            ),
        ),
        (
            "FAIL docker.service@node-3",
            "FAIL docker.command-line@node-3 <- docker.service@node-3",
            *rows("ERROR", DOCKER_DETAILS, "node-3", "docker.service@node-3"),
        ),
    ),
    Case(
        "docker disabled",
        e.text(e.show("node-3", "docker"), "UnitFileState=enabled", "UnitFileState=disabled"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker's unit file elsewhere",
        e.text(e.show("node-3", "docker"), "FragmentPath=/lib/systemd/system", "FragmentPath=/etc/systemd/system"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker with a merged /usr",
        e.text(e.show("node-3", "docker"), "FragmentPath=/lib/", "FragmentPath=/usr/lib/"),
        ("DRIFT docker.service@node-3",),
    ),
    Case(
        "docker not triggered by its socket",
        e.text(e.show("node-3", "docker"), "TriggeredBy=docker.socket\n", ""),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker not triggered, only status says so",
        e.text(e.status("node-3", "docker"), "TriggeredBy: ● docker.socket", "TriggeredBy: ● other.socket"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker's trigger is gone, only status says so",
        e.text(e.status("node-3", "docker"), "TriggeredBy: ● docker.socket\n", ""),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker's trigger is hollow in status",
        e.text(e.status("node-3", "docker"), "TriggeredBy: ●", "TriggeredBy: ○"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker's socket stopped",
        e.text(e.on("node-3", "systemctl-show-docker.socket.txt"), "ActiveState=active", "ActiveState=inactive"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker's other Docs",
        e.text(e.show("node-3", "docker"), "Documentation=https://docs.docker.com", "Documentation=man:dockerd"),
        ("FAIL docker.service@node-3",),
    ),
    Case("docker's properties are cut off", e.cut(e.show("node-3", "docker"), 0.6), ("ERROR docker.service@node-3",)),
    Case("containerd's properties are cut off", e.cut(e.show("node-3", "containerd"), 0.6)),
    Case(
        "another docker flag",
        e.text(e.status("node-3", "docker"), "dockerd -H fd:// ", "dockerd -H unix:///run/docker.sock "),
        ("FAIL docker.command-line@node-3",),
    ),
    Case(
        "one more docker flag",
        e.text(e.status("node-3", "docker"), "containerd.sock\n", "containerd.sock --debug\n", 1),
        ("FAIL docker.command-line@node-3",),
    ),
    Case(
        "another docker flag in the unit file",
        e.text(
            e.show("node-3", "docker"),
            "argv[]=/usr/sbin/dockerd -H fd://",
            "argv[]=/usr/sbin/dockerd -H tcp://0.0.0.0:2375",
        ),
        ("FAIL docker.command-line@node-3",),
    ),
    Case(
        "dockerd from another folder",
        e.text(e.status("node-3", "docker"), "/usr/sbin/dockerd -H", "/usr/bin/dockerd -H"),
    ),
    Case("docker's status is missing", e.drop(e.status("node-3", "docker")), ("ERROR docker.command-line@node-3",)),
    Case(
        "an older Docker",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "19.03.15")),
        ("FAIL docker.version@node-3",),
    ),
    Case(
        "a newer Docker",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "24.0.7")),
        ("FAIL docker.version@node-3",),
    ),
    Case(
        "the tutorial's Docker",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "20.10.6")),
        ("PASS docker.version@node-3",),
    ),
    Case(
        "another Docker by docker info",
        e.data(e.on("node-3", "docker-info.json"), e.put("ServerVersion", "19.03.15")),
        ("FAIL docker.version@node-3",),
    ),
    Case("another client", e.data(e.on("node-3", "docker-version.json"), e.put("Client.Version", "19.03.15"))),
    Case(
        "no server version",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server", None)),
        ("ERROR docker.version@node-3",),
    ),
    Case("docker version is cut off", e.cut(e.on("node-3", "docker-version.json")), ("ERROR docker.version@node-3",)),
    Case(
        "another graph driver",
        e.data(e.on("node-3", "docker-info.json"), e.put("Driver", "vfs")),
        ("FAIL docker.storage-driver@node-3",),
    ),
    Case("docker info is cut off", e.cut(e.on("node-3", "docker-info.json")), ("ERROR docker.storage-driver@node-3",)),
    Case(
        "a driver of the wrong type",
        e.data(e.on("node-3", "docker-info.json"), e.put("Driver", ["overlay2"])),
        ("ERROR docker.storage-driver@node-3",),
    ),
    Case(
        "docker0 further on than needed",
        e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.19.0.1"),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "docker0 on 172.17 though it is in use",
        e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.17.0.1"),
        ("PASS docker.bridge@node-3",),
    ),
    Case(
        "docker0 moved on although 172.17 is free",
        e.text(e.on("node-3", "ip-addr.json"), "172.17.0.5", "10.0.2.15"),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "docker0 with another prefix",
        e.data(
            e.on("node-3", "ip-addr.json"),
            lambda links: next(i for i in links if i["ifname"] == "docker0")["addr_info"][0].update(prefixlen=24),
        ),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "docker0 outside the pools",
        e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "10.200.0.1"),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "no docker0", e.text(e.on("node-3", "ip-addr.json"), '"docker0"', '"docker9"'), ("FAIL docker.bridge@node-3",)
    ),
    Case("ip addr is cut off", e.cut(e.on("node-3", "ip-addr.json")), ("ERROR docker.bridge@node-3",)),
    Case(
        "an address that is none",
        e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.18.0.999"),
        ("ERROR docker.bridge@node-3",),
    ),
    Case("host.txt is missing", e.drop(e.on("node-3", "host.txt"))),
    Case(
        "docker enabled for this boot",
        e.text(e.show("node-3", "docker"), "UnitFileState=enabled", "UnitFileState=enabled-runtime"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "docker exited",
        e.text(e.show("node-3", "docker"), "SubState=running", "SubState=exited"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "a drop-in of docker",
        e.text(
            e.show("node-3", "docker"),
            "UnitFileState=enabled",
            "DropInPaths=/etc/systemd/system/docker.service.d/proxy.conf\nUnitFileState=enabled",
        ),
    ),
    Case(
        "docker's socket failed",
        e.text(e.on("node-3", "systemctl-show-docker.socket.txt"), "ActiveState=active", "ActiveState=failed"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "another trigger as well",
        e.text(e.show("node-3", "docker"), "TriggeredBy=docker.socket", "TriggeredBy=docker.socket other.socket"),
        ("FAIL docker.service@node-3",),
    ),
    Case(
        "no containerd flag",
        e.text(e.status("node-3", "docker"), " --containerd=/run/containerd/containerd.sock", ""),
        ("FAIL docker.command-line@node-3",),
    ),
    Case(
        "podman in docker's place",
        e.text(e.status("node-3", "docker"), "/usr/sbin/dockerd -H", "/usr/bin/podman -H"),
        ("FAIL docker.command-line@node-3",),
    ),
    Case(
        "Docker with the distribution's suffix",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "20.10.25+dfsg1")),
    ),
    Case(
        "Docker 23",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "23.0.1")),
        ("FAIL docker.version@node-3",),
    ),
    Case(
        "Docker 20.10 without patch level",
        e.data(e.on("node-3", "docker-version.json"), e.put("Server.Version", "20.10")),
        ("FAIL docker.version@node-3",),
    ),
    Case(
        "docker version says an error",
        e.replace(e.on("node-3", "docker-version.json"), b"Cannot connect to the Docker daemon\n"),
        ("ERROR docker.version@node-3",),
    ),
    Case(
        "docker version times out",
        e.replace(e.on("node-3", "docker-version.json"), b""),
        ("ERROR docker.version@node-3",),
    ),
    Case(
        "docker info of no daemon",
        e.replace(e.on("node-3", "docker-info.json"), b'{"ServerErrors":["Cannot connect to the Docker daemon"]}'),
        ("ERROR docker.storage-driver@node-3",),
    ),
    Case(
        "the driver overlay",
        e.data(e.on("node-3", "docker-info.json"), e.put("Driver", "overlay")),
        ("FAIL docker.storage-driver@node-3",),
    ),
    Case(
        "docker0 on 172.17, and nothing else there",
        e.both(
            e.text(e.on("node-3", "ip-addr.json"), "172.17.0.5", "10.0.2.15"),
            e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.17.0.1"),
        ),
        ("PASS docker.bridge@node-3",),
    ),
    Case(
        "docker0 with two networks",
        e.interface(
            "node-3",
            "docker0",
            lambda i: i["addr_info"].append({"family": "inet", "local": "10.9.0.1", "prefixlen": 16}),
        ),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "docker0 without address",
        e.interface("node-3", "docker0", e.put("addr_info", [])),
        ("FAIL docker.bridge@node-3",),
    ),
    Case("docker0 with another host part", e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.18.0.9")),
    Case(
        "another bridge within docker0's network",
        e.data(
            e.on("node-3", "ip-addr.json"),
            lambda links: links.append(
                {"ifname": "br-1", "addr_info": [{"family": "inet", "local": "172.18.5.1", "prefixlen": 24}]}
            ),
        ),
        ("FAIL docker.bridge@node-3",),
    ),
    Case(
        "another bridge on 172.18, docker0 on 172.19",
        e.both(
            e.text(e.on("node-3", "ip-addr.json"), "172.18.0.1", "172.19.0.1"),
            e.data(
                e.on("node-3", "ip-addr.json"),
                lambda links: links.append(
                    {"ifname": "br-1", "addr_info": [{"family": "inet", "local": "172.18.0.1", "prefixlen": 16}]}
                ),
            ),
        ),
    ),
    Case(
        "a network over all pools",
        e.data(
            e.on("node-3", "ip-addr.json"),
            lambda links: links.append(
                {"ifname": "vpn", "addr_info": [{"family": "inet", "local": "172.16.0.1", "prefixlen": 12}]}
            ),
        ),
        ("FAIL docker.bridge@node-3",),
    ),
    Case("ip addr holds an object", e.replace(e.on("node-3", "ip-addr.json"), b"{}"), ("ERROR docker.bridge@node-3",)),
    Case(
        "the addresses are no list",
        e.interface("node-3", "docker0", e.put("addr_info", "none")),
        ("ERROR docker.bridge@node-3",),
    ),
)
