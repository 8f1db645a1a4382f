"""One-change cases about the kubelet."""

from __future__ import annotations

import recording_edits as e
from mutation_case import DOCKER_DETAILS, Case, down, rows

CASES = (
    Case(
        "kubelet stopped",
        down("kubelet", "node-1"),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "kubelet stopped, only show says so",
        e.text(e.show("node-1", "kubelet"), "ActiveState=active", "ActiveState=failed"),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "kubelet stopped, only status says so",
        e.text(e.status("node-1", "kubelet"), "Active: active (running)", "Active: failed (Result: exit-code)"),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "kubelet starts again and again",
        e.both(
            e.text(e.show("node-1", "kubelet"), "ActiveState=active", "ActiveState=activating"),
            e.text(e.show("node-1", "kubelet"), "SubState=running", "SubState=auto-restart"),
        ),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "kubelet exited but active",
        e.text(e.show("node-1", "kubelet"), "SubState=running", "SubState=exited"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "kubelet disabled",
        e.text(e.show("node-1", "kubelet"), "UnitFileState=enabled", "UnitFileState=disabled"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "kubelet disabled, only status says so",
        e.text(e.status("node-1", "kubelet"), "kubelet.service; enabled", "kubelet.service; disabled"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "kubelet masked",
        e.text(e.show("node-1", "kubelet"), "UnitFileState=enabled", "UnitFileState=masked"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "another unit file",
        e.text(e.show("node-1", "kubelet"), "FragmentPath=/lib/systemd", "FragmentPath=/etc/systemd"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "a merged /usr",
        e.text(e.show("node-1", "kubelet"), "FragmentPath=/lib/systemd", "FragmentPath=/usr/lib/systemd"),
        ("DRIFT kubelet.service@node-1",),
    ),
    Case(
        "a merged /usr in both",
        e.both(
            e.text(e.show("node-1", "kubelet"), "FragmentPath=/lib/systemd", "FragmentPath=/usr/lib/systemd"),
            e.text(e.status("node-1", "kubelet"), "(/lib/systemd", "(/usr/lib/systemd"),
        ),
        ("DRIFT kubelet.service@node-1",),
    ),
    Case(
        "systemd's older wording",
        e.text(e.status("node-1", "kubelet"), "; preset: enabled", "; vendor preset: enabled"),
    ),
    Case(
        "the drop-in is missing",
        e.text(e.show("node-1", "kubelet"), "DropInPaths=/etc/systemd/system/kubelet.service.d/10-kubeadm.conf\n", ""),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "another drop-in, only status says so",
        e.text(e.status("node-1", "kubelet"), "10-kubeadm.conf", "20-mine.conf"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "no drop-in, only status says so",
        e.text(
            e.status("node-1", "kubelet"),
            "    Drop-In: /etc/systemd/system/kubelet.service.d\n             └─10-kubeadm.conf\n",
            "",
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "no Docs, only status says so",
        e.text(e.status("node-1", "kubelet"), "       Docs: https://kubernetes.io/docs/home/\n", ""),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "a second drop-in",
        e.text(
            e.show("node-1", "kubelet"),
            "/10-kubeadm.conf\n",
            "/10-kubeadm.conf /etc/systemd/system/kubelet.service.d/20-mine.conf\n",
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "the unit changed on disk",
        e.text(e.show("node-1", "kubelet"), "NeedDaemonReload=no", "NeedDaemonReload=yes"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "other Docs",
        e.text(
            e.show("node-1", "kubelet"),
            "Documentation=https://kubernetes.io/docs/home/",
            "Documentation=https://kubernetes.io/docs/",
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "other Docs, only status says so",
        e.text(
            e.status("node-1", "kubelet"), "Docs: https://kubernetes.io/docs/home/", "Docs: http://kubernetes.io/docs/"
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "other numbers",
        e.both(
            e.text(e.status("node-1", "kubelet"), "Tasks: 13", "Tasks: 99"),
            e.text(e.status("node-1", "kubelet"), "Memory: 30.3M", "Memory: 1.1G"),
            e.text(e.status("node-1", "kubelet"), "9117", "643"),
        ),
    ),
    Case(
        "kubelet's properties are cut off", e.cut(e.show("node-1", "kubelet"), 0.3), ("ERROR kubelet.service@node-1",)
    ),
    Case("kubelet's properties are missing", e.drop(e.show("node-1", "kubelet")), ("ERROR kubelet.service@node-1",)),
    Case(
        "kubelet's properties are junk",
        e.replace(e.show("node-1", "kubelet"), b"\x00\xff\xfejunk"),
        ("ERROR kubelet.service@node-1",),
    ),
    Case(
        "kubelet's status is cut off", e.cut(e.status("node-1", "kubelet"), 0.1), ("ERROR kubelet.command-line@node-1",)
    ),
    Case("kubelet's status is missing", e.drop(e.status("node-1", "kubelet")), ("ERROR kubelet.command-line@node-1",)),
    Case(
        "another bootstrap kubeconfig",
        e.text(
            e.status("node-1", "kubelet"),
            "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
            "--bootstrap-kubeconfig=/tmp/b.conf",
        ),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "another kubeconfig",
        e.text(
            e.status("node-1", "kubelet"),
            "--kubeconfig=/etc/kubernetes/kubelet.conf",
            "--kubeconfig=/etc/kubernetes/admin.conf",
        ),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "no --config",
        e.text(e.status("node-1", "kubelet"), " --config=/var/lib/kubelet/config.yaml", ""),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "another network plugin",
        e.text(e.status("node-1", "kubelet"), "--network-plugin=cni", "--network-plugin=kubenet"),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "a flag repeated with another value",
        e.text(e.status("node-1", "kubelet"), "--node-ip=192.168.50.11", "--config=/tmp/other.yaml"),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "kubelet from another folder",
        e.text(e.status("node-1", "kubelet"), "/usr/bin/kubelet --boot", "/usr/local/bin/kubelet --boot"),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "one more flag",
        e.text(e.status("node-1", "kubelet"), "--node-ip=192.168.50.11", "--node-ip=192.168.50.11 --v=2"),
    ),
    Case(
        "only the flags shown",
        e.text(e.status("node-1", "kubelet"), " --node-ip=192.168.50.11", ""),
        ("PASS kubelet.command-line@node-1",),
    ),
    Case(
        "the unit file names another config",
        e.text(
            e.show("node-1", "kubelet"),
            "KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml",
            "KUBELET_CONFIG_ARGS=--config=/tmp/config.yaml",
        ),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "nothing of a node",
        e.drop_node("node-2"),
        rows(
            "ERROR",
            ("kubelet.service", "kubelet.command-line", "docker.service", "docker.command-line", *DOCKER_DETAILS),
            "node-2",
            "kubelet.service@node-2",
        ),
    ),
    *[
        Case(
            f"kubelet is {s}",
            e.text(e.show("node-1", "kubelet"), "UnitFileState=enabled", f"UnitFileState={s}"),
            ("FAIL kubelet.service@node-1",),
        )
        for s in ("static", "enabled-runtime", "linked", "indirect")
    ],
    *[
        Case(
            f"kubelet is {a} {b}",
            e.both(
                e.text(e.show("node-1", "kubelet"), "ActiveState=active", f"ActiveState={a}"),
                e.text(e.show("node-1", "kubelet"), "SubState=running", f"SubState={b}"),
            ),
            ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
        )
        for a, b in (("activating", "start"), ("deactivating", "stop-sigterm"), ("failed", "failed"))
    ],
    Case(
        "kubelet reloads",
        e.both(
            e.text(e.show("node-1", "kubelet"), "ActiveState=active", "ActiveState=reloading"),
            e.text(e.show("node-1", "kubelet"), "SubState=running", "SubState=reload"),
        ),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "the drop-in is gone and another is there",
        e.text(e.show("node-1", "kubelet"), "/10-kubeadm.conf\n", "/20-extra.conf\n"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "the drop-in of newer packages",
        e.text(e.show("node-1", "kubelet"), "DropInPaths=/etc/systemd", "DropInPaths=/usr/lib/systemd"),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "no Docs",
        e.text(e.show("node-1", "kubelet"), "Documentation=https://kubernetes.io/docs/home/\n", ""),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "the unit is not found",
        e.both(
            e.text(e.show("node-1", "kubelet"), "LoadState=loaded", "LoadState=not-found"),
            e.text(
                e.show("node-1", "kubelet"),
                "ActiveState=active\nFreezerState=running\nSubState=running\nFragmentPath=/lib/systemd/system/kubelet.service\nDropInPaths=/etc/systemd/system/kubelet.service.d/10-kubeadm.conf\nUnitFileState=enabled\nUnitFilePreset=enabled",
                "ActiveState=inactive\nSubState=dead",
            ),
            e.replace(e.status("node-1", "kubelet"), b"Unit kubelet.service could not be found.\n"),
        ),
        ("FAIL kubelet.service@node-1", "FAIL kubelet.command-line@node-1 <- kubelet.service@node-1"),
    ),
    Case(
        "masked while it runs",
        e.both(
            e.text(e.show("node-1", "kubelet"), "LoadState=loaded", "LoadState=masked"),
            e.text(e.show("node-1", "kubelet"), "UnitFileState=enabled", "UnitFileState=masked"),
            e.text(
                e.show("node-1", "kubelet"),
                "FragmentPath=/lib/systemd/system/kubelet.service",
                "FragmentPath=/dev/null",
            ),
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "masked, only status says so",
        e.text(
            e.status("node-1", "kubelet"),
            "Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; preset: enabled)",
            "Loaded: masked (Reason: Unit kubelet.service is masked.)",
        ),
        ("FAIL kubelet.service@node-1",),
    ),
    Case(
        "another preset",
        e.both(
            e.text(e.show("node-1", "kubelet"), "UnitFilePreset=enabled", "UnitFilePreset=disabled"),
            e.text(e.status("node-1", "kubelet"), "preset: enabled", "preset: disabled"),
        ),
    ),
    Case(
        "merged /usr, only status says so",
        e.text(e.status("node-1", "kubelet"), "(/lib/systemd", "(/usr/lib/systemd"),
        ("DRIFT kubelet.service@node-1",),
    ),
    Case("flags with blanks", e.text(e.status("node-1", "kubelet"), "--config=/var", "--config /var")),
    Case("flags with one dash", e.text(e.status("node-1", "kubelet"), "--config=/var", "-config=/var")),
    Case(
        "flags in another order",
        e.both(
            e.text(e.status("node-1", "kubelet"), " --config=/var/lib/kubelet/config.yaml", ""),
            e.text(
                e.status("node-1", "kubelet"),
                "--network-plugin=cni",
                "--network-plugin=cni --config=/var/lib/kubelet/config.yaml",
            ),
        ),
    ),
    Case(
        "a flag twice with the same value",
        e.text(e.status("node-1", "kubelet"), "--network-plugin=cni", "--network-plugin=cni --network-plugin=cni"),
    ),
    Case(
        "a flag twice, the last is right",
        e.text(
            e.status("node-1", "kubelet"),
            "--config=/var/lib/kubelet/config.yaml",
            "--config=/tmp/x.yaml --config=/var/lib/kubelet/config.yaml",
        ),
    ),
    Case(
        "a flag without its value",
        e.text(e.status("node-1", "kubelet"), "--config=/var/lib/kubelet/config.yaml", "--config"),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "a longer value",
        e.text(
            e.status("node-1", "kubelet"),
            "--config=/var/lib/kubelet/config.yaml",
            "--config=/var/lib/kubelet/config.yaml.bak",
        ),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "a flag whose name begins so",
        e.text(e.status("node-1", "kubelet"), "--network-plugin=cni", "--network-plugin-mtu=cni"),
        ("FAIL kubelet.command-line@node-1",),
    ),
    Case(
        "no Main PID",
        e.text(e.status("node-1", "kubelet"), "   Main PID: 9117 (kubelet)\n", ""),
        ("ERROR kubelet.command-line@node-1",),
    ),
)
