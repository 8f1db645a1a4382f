package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
)

// This file reads what the kernel holds now; nothing in it remembers or changes anything.

// runner runs a command and returns its standard output.
type runner func(name string, args ...string) (string, error)

func execute(name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		said := strings.TrimSpace(stderr.String())
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said)
	}
	return stdout.String(), nil
}

// link is what `ip -json -details address show` prints of an interface.
type link struct {
	Name   string   `json:"ifname"`
	MAC    string   `json:"address"`
	MTU    int      `json:"mtu"`
	Flags  []string `json:"flags"`
	Master string   `json:"master"`
	Info   struct {
		Data struct {
			Local string `json:"local"`
		} `json:"info_data"`
	} `json:"linkinfo"`
	AddrInfo []struct {
		Family string `json:"family"`
		Local  string `json:"local"`
		Bits   int    `json:"prefixlen"`
	} `json:"addr_info"`
}

func (l *link) up() bool {
	for _, flag := range l.Flags {
		if flag == "UP" {
			return true
		}
	}
	return false
}

// addresses returns the interface's IPv4 addresses with their prefix lengths.
func (l *link) addresses() []netip.Prefix {
	var found []netip.Prefix
	for _, info := range l.AddrInfo {
		if address, err := netip.ParseAddr(info.Local); err == nil && info.Family == "inet" {
			found = append(found, netip.PrefixFrom(address, info.Bits))
		}
	}
	return found
}

// holds tells whether the interface has an address with just that prefix length.
func (l *link) holds(wanted netip.Prefix) bool {
	for _, address := range l.addresses() {
		if address == wanted {
			return true
		}
	}
	return false
}

// readLinks returns all interfaces of this network namespace.
func readLinks(run runner) ([]link, error) {
	text, err := run("ip", "-json", "-details", "address", "show")
	if err != nil {
		return nil, err
	}
	var links []link
	if err := json.Unmarshal([]byte(text), &links); err != nil {
		return nil, fmt.Errorf("ip's list of interfaces is not readable: %w", err)
	}
	return links, nil
}

// find returns the interface with that name, nil if there is none.
func find(links []link, name string) *link {
	for i := range links {
		if links[i].Name == name {
			return &links[i]
		}
	}
	return nil
}

// interfaceOf returns the name of the interface that holds an address.
func interfaceOf(links []link, wanted netip.Addr) (string, error) {
	for _, one := range links {
		for _, address := range one.addresses() {
			if address.Addr() == wanted {
				return one.Name, nil
			}
		}
	}
	return "", fmt.Errorf("no interface of this node holds its InternalIP %s", wanted)
}

// floodMAC marks the entries that frames take whose destination is all or not known.
const floodMAC = "00:00:00:00:00:00"

// entry is a line of `bridge -json fdb show`.
type entry struct {
	MAC         string `json:"mac"`
	Destination string `json:"dst"`
}

// readEntries returns the vxlan device's forwarding entries.
func readEntries(run runner) ([]entry, error) {
	text, err := run("bridge", "-json", "fdb", "show", "dev", vxlanName)
	if err != nil {
		return nil, err
	}
	var entries []entry
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, fmt.Errorf("bridge's list of entries is not readable: %w", err)
	}
	return entries, nil
}

func hasFlood(entries []entry, peer netip.Addr) bool {
	for _, one := range entries {
		if one.MAC == floodMAC && one.Destination == peer.String() {
			return true
		}
	}
	return false
}
