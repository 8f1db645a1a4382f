package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteConflistOnceAndWhole(t *testing.T) {
	folder := t.TempDir()
	podRange, slice := netip.MustParsePrefix(defaultRange), netip.MustParsePrefix("10.32.10.0/24")
	if err := writeConflist(folder, podRange, slice); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "10-weave.conflist")
	content, err := os.ReadFile(path)
	if err != nil || !json.Valid(content) {
		t.Fatalf("%s, %v", content, err)
	}
	for _, text := range []string{`"subnet": "10.32.0.0/12"`, `"rangeStart": "10.32.10.2"`, `"gateway": "10.32.10.1"`, `"portmap"`} {
		if !strings.Contains(string(content), text) {
			t.Errorf("no %s in %s", text, content)
		}
	}
	before, _ := os.Stat(path)
	if err := writeConflist(folder, podRange, slice); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("written again though nothing has changed")
	}
	if files, _ := os.ReadDir(folder); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if writeConflist(filepath.Join(folder, "absent"), podRange, slice) == nil {
		t.Error("no error for an absent folder")
	}
}

func TestRequirePluginsNamesWhatIsMissing(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"bridge", "host-local", "loopback"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := requirePlugins(folder); err == nil || !strings.Contains(err.Error(), "no CNI plugin portmap in") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "portmap"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := requirePlugins(folder); err != nil {
		t.Error(err)
	}
}

func TestSetSysctls(t *testing.T) {
	root := t.TempDir()
	forward := filepath.Join(root, "net/ipv4/ip_forward")
	bridged := filepath.Join(root, "net/bridge/bridge-nf-call-iptables")
	if setSysctls(root) == nil {
		t.Error("no error without ip_forward")
	}
	for _, path := range []string{forward, bridged} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("0\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := setSysctls(root); err != nil { // the first time without br_netfilter
			t.Fatal(err)
		}
		if value, _ := os.ReadFile(path); string(value) != "1\n" {
			t.Errorf("%s holds %q", path, value)
		}
	}
}
