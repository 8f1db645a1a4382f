package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

const sysctlRoot = "/proc/sys"

// setSysctls turns on what pods need of the kernel: forwarding, and iptables for bridged frames, without which an
// answer that a service's pod sends over the bridge would reach the asking pod under the wrong address.
func setSysctls(root string) error {
	if err := setSysctl(filepath.Join(root, "net/ipv4/ip_forward")); err != nil {
		return err
	}
	err := setSysctl(filepath.Join(root, "net/bridge/bridge-nf-call-iptables"))
	if errors.Is(err, os.ErrNotExist) {
		log.Printf("warning: the module br_netfilter is not loaded; services may not answer pods of the same node")
		return nil
	}
	return err
}

func setSysctl(path string) error {
	value, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(value)) == "1" {
		return nil
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		return fmt.Errorf("cannot turn on %s: %w", path, err)
	}
	return nil
}
