package main

import (
	"fmt"
	"net/netip"
	"strconv"
)

const (
	bridgeName = "weave"
	vxlanName  = "vxlan-6784"
	vxlanID    = "6784"
	vxlanPort  = "6784" // the port that weave's own data path uses
	podMTU     = 1376   // weave's: 1500 less room for every kind of tunnel
)

// nodeNetwork makes and repairs this node's part of the pod network: the bridge, the vxlan device on it and one
// forwarding entry a peer. It asks the kernel what is there and changes only what is not as it should be.
type nodeNetwork struct {
	run      runner
	podRange netip.Prefix
	self     netip.Addr
	slice    netip.Prefix
	peers    []member
}

func (n *nodeNetwork) describe() string {
	return fmt.Sprintf("%s, slice %s, %d peers", n.self, n.slice, len(n.peers))
}

// ensure brings bridge, vxlan device and forwarding entries into being.
func (n *nodeNetwork) ensure() error {
	links, err := readLinks(n.run)
	if err != nil {
		return err
	}
	if err := n.ensureBridge(find(links, bridgeName)); err != nil {
		return err
	}
	if err := n.ensureVXLAN(find(links, vxlanName), links); err != nil {
		return err
	}
	return n.ensureEntries()
}

// ensureBridge makes the bridge, or repairs the one that is there.
func (n *nodeNetwork) ensureBridge(bridge *link) error {
	mac := bridgeMAC(n.self)
	if bridge == nil {
		// A fixed hardware address: otherwise the bridge takes the lowest of its ports', and each new pod could
		// change the one that other pods remember as their gateway's.
		if _, err := n.run("ip", "link", "add", bridgeName, "address", mac, "type", "bridge"); err != nil {
			return err
		}
		bridge = &link{}
	} else if bridge.MAC != mac {
		if _, err := n.run("ip", "link", "set", bridgeName, "address", mac); err != nil {
			return err
		}
	}
	if bridge.MTU != podMTU || !bridge.up() {
		if _, err := n.run("ip", "link", "set", bridgeName, "mtu", strconv.Itoa(podMTU), "up"); err != nil {
			return err
		}
	}
	return n.ensureAddress(bridge)
}

// ensureAddress gives the bridge this node's address and takes every other IPv4 address from it.
func (n *nodeNetwork) ensureAddress(bridge *link) error {
	wanted := bridgeAddress(n.podRange, n.slice)
	for _, address := range bridge.addresses() {
		if address == wanted {
			continue
		}
		if _, err := n.run("ip", "address", "del", address.String(), "dev", bridgeName); err != nil {
			return err
		}
	}
	if bridge.holds(wanted) {
		return nil
	}
	_, err := n.run("ip", "address", "add", wanted.String(), "dev", bridgeName)
	return err
}

// ensureVXLAN makes the device that carries the segment between nodes, from the interface that holds the InternalIP.
func (n *nodeNetwork) ensureVXLAN(vxlan *link, links []link) error {
	if vxlan != nil && vxlan.Info.Data.Local != n.self.String() { // the node's address has changed
		if _, err := n.run("ip", "link", "del", vxlanName); err != nil {
			return err
		}
		vxlan = nil
	}
	if vxlan == nil {
		device, err := interfaceOf(links, n.self)
		if err != nil {
			return err
		}
		// The kernel learns which node holds which pod from the frames that come in; entries of this program's only
		// carry what is not known yet and what goes to all.
		if _, err := n.run("ip", "link", "add", vxlanName, "type", "vxlan", "id", vxlanID, "dstport", vxlanPort,
			"local", n.self.String(), "dev", device, "learning"); err != nil {
			return err
		}
		vxlan = &link{}
	}
	if vxlan.MTU == podMTU && vxlan.up() && vxlan.Master == bridgeName {
		return nil
	}
	_, err := n.run("ip", "link", "set", vxlanName, "mtu", strconv.Itoa(podMTU), "master", bridgeName, "up")
	return err
}

// ensureEntries makes one forwarding entry for each peer and removes all entries that point to any other address,
// those that the kernel has learned from a node that left included.
func (n *nodeNetwork) ensureEntries() error {
	entries, err := readEntries(n.run)
	if err != nil {
		return err
	}
	peers := map[string]bool{}
	for _, peer := range n.peers {
		peers[peer.address.String()] = true
		if hasFlood(entries, peer.address) {
			continue
		}
		if _, err := n.run("bridge", "fdb", "append", floodMAC, "dev", vxlanName, "dst", peer.address.String()); err != nil {
			return err
		}
	}
	for _, entry := range entries {
		if entry.Destination == "" || peers[entry.Destination] {
			continue
		}
		if _, err := n.run("bridge", "fdb", "del", entry.MAC, "dev", vxlanName, "dst", entry.Destination); err != nil {
			return err
		}
	}
	return nil
}

// bridgeMAC makes a locally administered hardware address from a node's address: unique as that is, and the same
// after each restart.
func bridgeMAC(node netip.Addr) string {
	octets := node.As4()
	return fmt.Sprintf("ae:77:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3])
}
