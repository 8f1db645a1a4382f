package main

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const nodeList = `{"kind":"NodeList","items":[
{"metadata":{"name":"k8s-master"},"status":{"addresses":[{"type":"Hostname","address":"k8s-master"},{"type":"InternalIP","address":"192.168.50.10"}]}},
{"metadata":{"name":"node-1"},"status":{"addresses":[{"type":"InternalIP","address":"fd00::1"},{"type":"InternalIP","address":"192.168.50.11"}]}},
{"metadata":{"name":"node-2"},"status":{}}]}`

func TestParseNodesAndLocate(t *testing.T) {
	members, err := parseNodes([]byte(nodeList))
	if err != nil || len(members) != 2 {
		t.Fatalf("got %v, %v", members, err)
	}
	self, peers, err := locate(members, "k8s-master")
	if err != nil || self.String() != "192.168.50.10" || len(peers) != 1 || peers[0].address.String() != "192.168.50.11" {
		t.Errorf("got %v %v %v", self, peers, err)
	}
	if _, _, err := locate(members, "node-2"); err == nil || !strings.Contains(err.Error(), "node-2") {
		t.Errorf("a node without an address: %v", err)
	}
	for _, body := range []string{``, `{}`, `{"kind":"Status"}`, `[]`} {
		if _, err := parseNodes([]byte(body)); err == nil {
			t.Errorf("%q is accepted", body)
		}
	}
}

// accountFor writes a service account folder that trusts the given server.
func accountFor(t *testing.T, server *httptest.Server) string {
	t.Helper()
	folder := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, content := range map[string][]byte{"ca.crt": ca, "token": []byte("secret\n")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestListAsksTheNextAddressAndStaysWithTheOneThatAnswers(t *testing.T) {
	refused := 0
	bad := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refused++
		w.WriteHeader(http.StatusForbidden)
	}))
	defer bad.Close()
	good := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Write([]byte(nodeList))
	}))
	defer good.Close()
	address := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "https://") }
	client := &nodeClient{apis: []string{address(bad), address(good)}, account: accountFor(t, good)}
	for i := 0; i < 2; i++ {
		if members, err := client.list(context.Background()); err != nil || len(members) != 2 {
			t.Fatalf("got %v, %v", members, err)
		}
	}
	if refused != 1 {
		t.Errorf("the address that refuses was asked %d times", refused)
	}
	client.apis = []string{address(bad)}
	if _, err := client.list(context.Background()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
	client.account = t.TempDir()
	if _, err := client.list(context.Background()); err == nil {
		t.Error("no error without a service account")
	}
}

func TestConfigFromEnvironment(t *testing.T) {
	read := func(pairs map[string]string) (config, error) {
		return configFromEnvironment(func(name string) string { return pairs[name] })
	}
	found, err := read(map[string]string{"HOSTNAME": "node-1", "API_HOST": "192.168.50.10",
		"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"})
	if err != nil || strings.Join(found.apis, " ") != "192.168.50.10:6443 10.96.0.1:443" || found.podRange.String() != defaultRange {
		t.Errorf("got %+v, %v", found, err)
	}
	for _, bad := range []map[string]string{
		{"API_HOST": "192.168.50.10"},
		{"HOSTNAME": "node-1"},
		{"HOSTNAME": "node-1", "API_HOST": "192.168.50.10", "IPALLOC_RANGE": "10.32.0.0"},
		{"HOSTNAME": "node-1", "API_HOST": "192.168.50.10", "IPALLOC_RANGE": "fd00::/12"},
	} {
		if _, err := read(bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
