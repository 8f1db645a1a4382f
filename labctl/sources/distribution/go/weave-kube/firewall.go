package main

import (
	"net/netip"
	"strings"
)

// rule is a rule of iptables that the pod network needs, and where it belongs in its chain.
type rule struct {
	table, chain string
	insert       bool // before all others; else after them
	match        []string
}

// rulesFor returns the rules. Only what leaves the pod range is masqueraded: pods see each other's own addresses.
// Docker sets FORWARD's policy to DROP, so the bridge's traffic is accepted by name.
func rulesFor(podRange netip.Prefix) []rule {
	outside := []string{"-s", podRange.String(), "!", "-d", podRange.String(), "-j", "MASQUERADE"}
	return []rule{
		{table: "nat", chain: "POSTROUTING", match: outside},
		{table: "filter", chain: "FORWARD", insert: true, match: []string{"-i", bridgeName, "-j", "ACCEPT"}},
		{table: "filter", chain: "FORWARD", insert: true, match: []string{"-o", bridgeName, "-j", "ACCEPT"}},
	}
}

// ensureFirewall puts back each rule that is not there, whoever flushed it.
func ensureFirewall(run runner, podRange netip.Prefix) error {
	chains := map[string]string{} // what iptables prints of each table's chain; asked for once
	for _, wanted := range rulesFor(podRange) {
		key := wanted.table + " " + wanted.chain
		if _, known := chains[key]; !known {
			printed, err := run("iptables", "-w", "-t", wanted.table, "-S", wanted.chain)
			if err != nil {
				return err
			}
			chains[key] = printed
		}
		if hasRule(chains[key], wanted) {
			continue
		}
		action := "-A"
		if wanted.insert {
			action = "-I"
		}
		args := append([]string{"-w", "-t", wanted.table, action, wanted.chain}, wanted.match...)
		if _, err := run("iptables", args...); err != nil {
			return err
		}
	}
	return nil
}

// hasRule looks for a rule in what `iptables -S CHAIN` prints, which is the form that rulesFor uses.
func hasRule(chain string, wanted rule) bool {
	line := "-A " + wanted.chain + " " + strings.Join(wanted.match, " ")
	for _, present := range strings.Split(chain, "\n") {
		if strings.TrimSpace(present) == line {
			return true
		}
	}
	return false
}
