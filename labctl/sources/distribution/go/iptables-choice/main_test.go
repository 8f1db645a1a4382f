package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheOneWithMoreRulesIsTheNodes(t *testing.T) {
	for _, known := range []struct {
		older, newer int
		want         string
	}{
		{older: 80, newer: 0, want: older},
		{older: 0, newer: 80, want: newer},
		{older: 3, newer: 80, want: newer}, // a learner's single rule of the other kind
		{older: 0, newer: 0, want: newer},
	} {
		if got := choose(known.older, known.newer); got != known.want {
			t.Errorf("%d and %d lines: %s", known.older, known.newer, got)
		}
	}
}

func TestAllNamesBecomeLinksToIt(t *testing.T) {
	folder := t.TempDir()
	for _, name := range names {
		if err := os.Symlink("iptables-choice", filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	relink(folder, older)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(names) {
		t.Fatalf("%v %v", entries, err)
	}
	for _, name := range names {
		if target, err := os.Readlink(filepath.Join(folder, name)); err != nil || target != older {
			t.Errorf("%s -> %s %v", name, target, err)
		}
	}
}

func TestWithoutThePlaceForLinksNothingIsLeft(t *testing.T) {
	relink(filepath.Join(t.TempDir(), "absent"), newer) // must return, for the program is to start all the same
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, names[0], "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	relink(folder, newer)
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}
