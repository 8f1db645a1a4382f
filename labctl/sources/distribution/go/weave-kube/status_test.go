package main

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func askStatus(kernel *fakeKernel, slice string) (int, string) {
	node := networkOn(kernel)
	status := newStatus(node)
	if slice != "" {
		status.expect(netip.MustParsePrefix(slice), node.peers)
	}
	recorder := httptest.NewRecorder()
	status.answer(recorder, httptest.NewRequest("GET", "/status", nil))
	return recorder.Code, recorder.Body.String()
}

func TestStatusIsReadyOnlyWhileTheKernelHoldsEverything(t *testing.T) {
	if code, body := askStatus(healthyKernel(), "10.32.10.0/24"); code != 200 || !strings.Contains(body, "node-1 192.168.50.11") {
		t.Errorf("healthy: %d %s", code, body)
	}
	if code, _ := askStatus(healthyKernel(), ""); code != 503 {
		t.Errorf("before the first look at the API: %d", code)
	}
	for name, spoil := range map[string]func(*fakeKernel){
		"no bridge":       func(k *fakeKernel) { k.links = "[" + underlay + "," + goodVXLAN + "]" },
		"other address":   func(k *fakeKernel) { k.links = strings.Replace(k.links, "10.32.10.1", "10.32.11.1", 1) },
		"bridge down":     func(k *fakeKernel) { k.links = strings.Replace(k.links, `"BROADCAST","UP"`, `"BROADCAST"`, 1) },
		"no vxlan":        func(k *fakeKernel) { k.links = "[" + underlay + "," + goodBridge + "]" },
		"vxlan unplugged": func(k *fakeKernel) { k.links = strings.Replace(k.links, `"master":"weave"`, `"master":"br0"`, 1) },
		"no entry":        func(k *fakeKernel) { k.entries = "[]" },
		"wrong entry":     func(k *fakeKernel) { k.entries = strings.Replace(k.entries, "50.11", "50.12", 1) },
		"cannot look":     func(k *fakeKernel) { k.refuse = "show" },
	} {
		kernel := healthyKernel()
		spoil(kernel)
		if code, body := askStatus(kernel, "10.32.10.0/24"); code != 503 || !strings.Contains(body, "Problem: ") {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
}

func TestStatusShowsTheLastAttemptsTrouble(t *testing.T) {
	status := newStatus(networkOn(healthyKernel()))
	status.report(errText("no answer"))
	recorder := httptest.NewRecorder()
	status.answer(recorder, httptest.NewRequest("GET", "/status", nil))
	if !strings.Contains(recorder.Body.String(), "Last attempt: no answer") {
		t.Errorf("got %s", recorder.Body)
	}
	status.report(nil)
	if status.trouble != "" {
		t.Errorf("got %q", status.trouble)
	}
}

type errText string

func (e errText) Error() string { return string(e) }
