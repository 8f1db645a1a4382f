package main

import (
	"net/netip"
	"strings"
	"testing"
)

func TestSliceFor(t *testing.T) {
	for _, row := range []struct{ podRange, node, slice, bridge, first, last string }{
		{"10.32.0.0/12", "192.168.50.10", "10.32.10.0/24", "10.32.10.1/12", "10.32.10.2", "10.32.10.254"},
		{"10.32.0.0/12", "192.168.50.254", "10.32.254.0/24", "10.32.254.1/12", "10.32.254.2", "10.32.254.254"},
		{"10.200.0.0/16", "10.0.0.1", "10.200.1.0/24", "10.200.1.1/16", "10.200.1.2", "10.200.1.254"},
		{"10.200.16.0/20", "192.168.50.10", "10.200.16.160/28", "10.200.16.161/20", "10.200.16.162", "10.200.16.174"},
	} {
		podRange := netip.MustParsePrefix(row.podRange)
		slice, err := sliceFor(podRange, netip.MustParseAddr(row.node))
		if err != nil {
			t.Fatal(err)
		}
		first, last := podAddresses(slice)
		got := []string{slice.String(), bridgeAddress(podRange, slice).String(), first.String(), last.String()}
		want := []string{row.slice, row.bridge, row.first, row.last}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s in %s: got %v, want %v", row.node, row.podRange, got, want)
		}
	}
	if _, err := sliceFor(netip.MustParsePrefix("10.32.0.0/21"), netip.MustParseAddr("192.168.50.10")); err == nil {
		t.Error("a range without room for 256 slices is accepted")
	}
}

func TestSlicesOfOneNetworkNeverOverlap(t *testing.T) {
	for _, text := range []string{"10.32.0.0/12", "10.200.0.0/16", "10.200.16.0/20"} {
		podRange := netip.MustParsePrefix(text)
		seen := map[netip.Prefix]bool{}
		for last := 0; last < 256; last++ {
			slice, err := sliceFor(podRange, netip.AddrFrom4([4]byte{192, 168, 50, byte(last)}))
			if err != nil || seen[slice] || !podRange.Overlaps(slice) {
				t.Fatalf("%s .%d: %s, %v", text, last, slice, err)
			}
			seen[slice] = true
		}
	}
}

func TestRejectCollisions(t *testing.T) {
	podRange := netip.MustParsePrefix(defaultRange)
	self := netip.MustParseAddr("192.168.50.10")
	good := []member{{"node-1", netip.MustParseAddr("192.168.50.11")}, {"node-2", netip.MustParseAddr("192.168.51.12")}}
	if err := rejectCollisions(podRange, self, good); err != nil {
		t.Error(err)
	}
	err := rejectCollisions(podRange, self, append(good, member{"node-9", netip.MustParseAddr("192.168.51.10")}))
	if err == nil || !strings.Contains(err.Error(), "node-9") {
		t.Errorf("got %v", err)
	}
}
