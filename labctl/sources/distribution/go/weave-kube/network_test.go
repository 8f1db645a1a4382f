package main

import (
	"net/netip"
	"strings"
	"testing"
)

func TestEnsureChangesNothingOnAHealthyNode(t *testing.T) {
	kernel := healthyKernel()
	if err := networkOn(kernel).ensure(); err != nil {
		t.Fatal(err)
	}
	if err := ensureFirewall(kernel.run, netip.MustParsePrefix(defaultRange)); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, kernel)
}

func TestEnsureMakesAllOnABareNode(t *testing.T) {
	kernel := &fakeKernel{links: "[" + underlay + "]", entries: "[]"}
	if err := networkOn(kernel).ensure(); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, kernel,
		"ip link add weave address ae:77:c0:a8:32:0a type bridge",
		"ip link set weave mtu 1376 up",
		"ip address add 10.32.10.1/12 dev weave",
		"ip link add vxlan-6784 type vxlan id 6784 dstport 6784 local 192.168.50.10 dev eth1 learning",
		"ip link set vxlan-6784 mtu 1376 master weave up",
		"bridge fdb append 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.50.11")
}

func TestEnsureRepairsABridgeThatAPluginMade(t *testing.T) {
	kernel := healthyKernel()
	kernel.links = strings.Replace(kernel.links, "ae:77:c0:a8:32:0a", "12:34:56:78:9a:bc", 1)
	kernel.links = strings.Replace(kernel.links, `"10.32.10.1","prefixlen":12`, `"10.32.99.1","prefixlen":24`, 1)
	if err := networkOn(kernel).ensure(); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, kernel,
		"ip link set weave address ae:77:c0:a8:32:0a",
		"ip address del 10.32.99.1/24 dev weave",
		"ip address add 10.32.10.1/12 dev weave")
}

func TestEnsureMakesTheDeviceAnewWhenTheNodeHasAnotherAddress(t *testing.T) {
	kernel := healthyKernel()
	kernel.links = strings.Replace(kernel.links, `"local":"192.168.50.10"}}`, `"local":"192.168.50.77"}}`, 1)
	if err := networkOn(kernel).ensure(); err != nil {
		t.Fatal(err)
	}
	if len(kernel.changes) != 3 || kernel.changes[0] != "ip link del vxlan-6784" {
		t.Errorf("got %q", kernel.changes)
	}
}

func TestANodeThatLeftTakesItsEntriesWithIt(t *testing.T) {
	kernel := healthyKernel()
	kernel.entries = strings.TrimSuffix(kernel.entries, "]") +
		`,{"mac":"00:00:00:00:00:00","dst":"192.168.50.13"},{"mac":"26:00:00:00:00:05","dst":"192.168.50.13"}` +
		`,{"mac":"26:00:00:00:00:06","dst":"192.168.50.11"}]`
	if err := networkOn(kernel).ensure(); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, kernel,
		"bridge fdb del 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.50.13",
		"bridge fdb del 26:00:00:00:00:05 dev vxlan-6784 dst 192.168.50.13")
}

func TestEnsureSaysWhyItFails(t *testing.T) {
	for _, refused := range []string{"address show", "link add weave", "type vxlan", "fdb show", "fdb append"} {
		kernel := &fakeKernel{links: "[" + underlay + "]", entries: "[]", refuse: refused}
		if err := networkOn(kernel).ensure(); err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: got %v", refused, err)
		}
	}
	kernel := &fakeKernel{links: "[]", entries: "[]"}
	if err := networkOn(kernel).ensure(); err == nil || !strings.Contains(err.Error(), "192.168.50.10") {
		t.Errorf("no interface with the node's address: got %v", err)
	}
	kernel = &fakeKernel{links: "nonsense"}
	if networkOn(kernel).ensure() == nil {
		t.Error("an unreadable list is accepted")
	}
}

func TestFirewallRulesComeBack(t *testing.T) {
	kernel := healthyKernel()
	kernel.chains = map[string]string{"nat POSTROUTING": "-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE\n"}
	if err := ensureFirewall(kernel.run, netip.MustParsePrefix(defaultRange)); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, kernel,
		"iptables -w -t nat -A POSTROUTING -s 10.32.0.0/12 ! -d 10.32.0.0/12 -j MASQUERADE",
		"iptables -w -t filter -I FORWARD -i weave -j ACCEPT",
		"iptables -w -t filter -I FORWARD -o weave -j ACCEPT")
}
