package main

import (
	"strings"
	"testing"
)

func TestConfigToAdapt(t *testing.T) {
	for arguments, want := range map[string]string{
		"--root /r --log /l --log-format json create --bundle /b --pid-file /p id": "/b/config.json",
		"--root=/r --systemd-cgroup create --bundle=/b id":                         "/b/config.json",
		"-debug run -b /b id": "/b/config.json",
		"create id":           "config.json",
		"--log create exec --process /p.json --detach id": "/p.json",
		"exec -p /p.json id":                              "/p.json",
		"exec id -- ls --process /etc/passwd":             "",
		"exec id ls":                                      "",
		"--root /r delete --force id":                     "",
		"--root /r kill id 9":                             "",
		"--version":                                       "",
		"exec --process":                                  "",
		"--root":                                          "",
		"":                                                "",
	} {
		if got := configToAdapt(strings.Fields(arguments)); got != want {
			t.Errorf("%q: got %q, want %q", arguments, got, want)
		}
	}
}

func TestEffectiveHas(t *testing.T) {
	if !effectiveHas("Name:\tx\nCapEff:\t000001ffffffffff\n", capSysResource) {
		t.Error("not seen in the full set")
	}
	if effectiveHas("CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n", capSysResource) || effectiveHas("", capSysResource) {
		t.Error("seen where it is not")
	}
}

func TestBecomeRuncNamesThePlacesItTried(t *testing.T) {
	err := becomeRunc([]string{"/nonexistent/runc"}, []string{"labctl-runc", "--version"})
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/runc") {
		t.Errorf("got %v", err)
	}
}
