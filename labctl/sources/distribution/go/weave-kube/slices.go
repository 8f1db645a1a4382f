package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// A node's slice of the pod range follows from the last octet of its InternalIP alone: node 192.168.50.11 gets
// 10.32.11.0/24 of 10.32.0.0/12. Nobody has to hand slices out, so there is nothing to race for, and two nodes of one
// /24, which labctl demands of a lab's nodes, cannot get the same one. For nodes of several /24s rejectCollisions
// finds the clash and refuses it. The controller manager's podCIDR is not used: weave's is not either.

// sliceFor returns the slice of the node with the given address: a /24 of a /16 or larger range, a 256th of a
// smaller one. Its first host address is the bridge's.
func sliceFor(podRange netip.Prefix, node netip.Addr) (netip.Prefix, error) {
	bits := podRange.Bits() + 8
	if bits < 24 {
		bits = 24
	}
	if bits > 28 {
		return netip.Prefix{}, fmt.Errorf("IPALLOC_RANGE %s is too small: 256 nodes' slices need a /20 or more", podRange)
	}
	octets := node.As4()
	start := podRange.Masked().Addr().As4()
	base := binary.BigEndian.Uint32(start[:]) + uint32(octets[3])<<(32-bits)
	return netip.PrefixFrom(uint32Addr(base), bits), nil
}

// rejectCollisions fails if another node's slice is this node's.
func rejectCollisions(podRange netip.Prefix, self netip.Addr, peers []member) error {
	for _, peer := range peers {
		if peer.address.As4()[3] == self.As4()[3] {
			return fmt.Errorf("node %s (%s) has the same last octet as this node (%s), and so the same slice of %s: "+
				"give the nodes addresses of one /24", peer.name, peer.address, self, podRange)
		}
	}
	return nil
}

// bridgeAddress is the address of this node's bridge, with the whole range on its segment.
func bridgeAddress(podRange, slice netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(slice.Addr().Next(), podRange.Bits())
}

// podAddresses returns the first and last address of a slice that pods get.
func podAddresses(slice netip.Prefix) (netip.Addr, netip.Addr) {
	start := slice.Addr().As4()
	last := binary.BigEndian.Uint32(start[:]) | (1<<(32-slice.Bits()) - 1)
	return slice.Addr().Next().Next(), uint32Addr(last - 1)
}

func uint32Addr(value uint32) netip.Addr {
	var octets [4]byte
	binary.BigEndian.PutUint32(octets[:], value)
	return netip.AddrFrom4(octets)
}
