package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// fakeKernel answers what a node's kernel prints, and notes the commands that would change it.
type fakeKernel struct {
	links, entries string            // JSON, as ip and bridge print it
	chains         map[string]string // iptables -S by "table CHAIN"
	changes        []string
	refuse         string // a command that holds this text fails
}

const (
	underlay = `{"ifname":"eth1","mtu":1500,"flags":["UP"],"address":"02:42:c0:a8:32:0a",` +
		`"addr_info":[{"family":"inet","local":"192.168.50.10","prefixlen":24}]}`
	goodBridge = `{"ifname":"weave","mtu":1376,"flags":["BROADCAST","UP"],"address":"ae:77:c0:a8:32:0a",` +
		`"addr_info":[{"family":"inet","local":"10.32.10.1","prefixlen":12},{"family":"inet6","local":"fe80::1","prefixlen":64}]}`
	goodVXLAN = `{"ifname":"vxlan-6784","mtu":1376,"flags":["UP"],"master":"weave","address":"5e:00:00:00:00:01",` +
		`"linkinfo":{"info_kind":"vxlan","info_data":{"id":6784,"local":"192.168.50.10"}},"addr_info":[]}`
	goodEntries = `[{"mac":"5e:00:00:00:00:01","master":"weave","state":"permanent"},` +
		`{"mac":"00:00:00:00:00:00","dst":"192.168.50.11","flags":["self"],"state":"permanent"}]`
)

func (k *fakeKernel) run(name string, args ...string) (string, error) {
	command := name + " " + strings.Join(args, " ")
	if k.refuse != "" && strings.Contains(command, k.refuse) {
		return "", fmt.Errorf("%s: refused", command)
	}
	switch {
	case strings.HasSuffix(command, "address show"):
		return k.links, nil
	case strings.Contains(command, "fdb show"):
		return k.entries, nil
	case name == "iptables" && args[3] == "-S":
		return k.chains[args[2]+" "+args[4]], nil
	}
	k.changes = append(k.changes, command)
	return "", nil
}

func healthyKernel() *fakeKernel {
	return &fakeKernel{
		links:   "[" + underlay + "," + goodBridge + "," + goodVXLAN + "]",
		entries: goodEntries,
		chains: map[string]string{
			"nat POSTROUTING": "-P POSTROUTING ACCEPT\n-A POSTROUTING -s 10.32.0.0/12 ! -d 10.32.0.0/12 -j MASQUERADE\n",
			"filter FORWARD":  "-P FORWARD DROP\n-A FORWARD -o weave -j ACCEPT\n-A FORWARD -i weave -j ACCEPT\n",
		},
	}
}

func networkOn(kernel *fakeKernel) *nodeNetwork {
	return &nodeNetwork{
		run:      kernel.run,
		podRange: netip.MustParsePrefix(defaultRange),
		self:     netip.MustParseAddr("192.168.50.10"),
		slice:    netip.MustParsePrefix("10.32.10.0/24"),
		peers:    []member{{"node-1", netip.MustParseAddr("192.168.50.11")}},
	}
}

func expectChanges(t *testing.T, kernel *fakeKernel, want ...string) {
	t.Helper()
	if strings.Join(kernel.changes, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(kernel.changes, "\n"), strings.Join(want, "\n"))
	}
}
