package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

const (
	conflistFolder = "/host/etc/cni/net.d"
	conflistName   = "10-weave.conflist"
	pluginFolder   = "/host/opt/cni/bin"
)

// plugins are the CNI plugins that the conflist and kubelet call.
var plugins = []string{"bridge", "host-local", "portmap", "loopback"}

// requirePlugins fails if a plugin is not on the node, and names it.
func requirePlugins(folder string) error {
	var missing []string
	for _, name := range plugins {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no CNI plugin %s in /opt/cni/bin of this node", strings.Join(missing, ", "))
	}
	return nil
}

// conflist returns the network configuration that kubelet reads: a pod gets a port of the bridge and an address of
// this node's slice; the whole range is on its link, everything else goes through the node's bridge.
func conflist(podRange, slice netip.Prefix) ([]byte, error) {
	type object = map[string]interface{}
	first, last := podAddresses(slice)
	addresses := object{
		"subnet": podRange.String(), "rangeStart": first.String(), "rangeEnd": last.String(),
		"gateway": slice.Addr().Next().String(),
	}
	return json.MarshalIndent(object{
		"cniVersion": "0.3.1",
		"name":       "weave",
		"plugins": []object{
			{
				"type": "bridge", "bridge": bridgeName, "mtu": podMTU,
				"isGateway": false, "ipMasq": false, // both are this program's work
				"hairpinMode": true, // a pod reaches itself through its service
				"ipam": object{
					"type":   "host-local",
					"ranges": [][]object{{addresses}},
					"routes": []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "snat": true, "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
}

// writeConflist puts the configuration in place in one step: from then on kubelet starts pods. It is called only when
// the bridge is up.
func writeConflist(folder string, podRange, slice netip.Prefix) error {
	content, err := conflist(podRange, slice)
	if err != nil {
		return err
	}
	content = append(content, '\n')
	path := filepath.Join(folder, conflistName)
	if present, err := os.ReadFile(path); err == nil && bytes.Equal(present, content) {
		return nil
	}
	temporary := filepath.Join(folder, "."+conflistName+".new")
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
