package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// config is what the DaemonSet tells this process through its environment.
type config struct {
	nodeName string
	podRange netip.Prefix // IPALLOC_RANGE, one segment over all nodes
	apis     []string     // host:port of the API server, best first
	account  string       // folder of the service account's token and ca.crt
}

const (
	defaultRange   = "10.32.0.0/12" // weave's own default
	serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// configFromEnvironment reads HOSTNAME (the node's name), IPALLOC_RANGE, and where the API server is: API_HOST and
// API_PORT name it directly, so that a node need not wait for kube-proxy; the service's address comes after them.
func configFromEnvironment(getenv func(string) string) (config, error) {
	found := config{nodeName: getenv("HOSTNAME"), account: serviceAccount}
	if found.nodeName == "" {
		return found, errors.New("HOSTNAME is not set: it must hold the node's name")
	}
	text := getenv("IPALLOC_RANGE")
	if text == "" {
		text = defaultRange
	}
	podRange, err := netip.ParsePrefix(text)
	if err != nil || !podRange.Addr().Is4() {
		return found, fmt.Errorf("IPALLOC_RANGE %q is not an IPv4 range", text)
	}
	found.podRange = podRange.Masked()
	if host := getenv("API_HOST"); host != "" {
		found.apis = append(found.apis, net.JoinHostPort(host, firstOf(getenv("API_PORT"), "6443")))
	}
	if host := getenv("KUBERNETES_SERVICE_HOST"); host != "" {
		found.apis = append(found.apis, net.JoinHostPort(host, firstOf(getenv("KUBERNETES_SERVICE_PORT"), "443")))
	}
	if len(found.apis) == 0 {
		return found, errors.New("neither API_HOST nor KUBERNETES_SERVICE_HOST is set: no API server to ask for nodes")
	}
	return found, nil
}

func firstOf(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}
