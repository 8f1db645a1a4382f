package main

import (
	"os"
	"path/filepath"
	"testing"
)

// fakeRunc writes a program that prints text and returns its path.
func fakeRunc(t *testing.T, folder, text string) string {
	t.Helper()
	path := filepath.Join(folder, "runc")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVersionIsAskedForOnce(t *testing.T) {
	programs, notes := t.TempDir(), t.TempDir()
	asked := filepath.Join(programs, "asked")
	runc := fakeRunc(t, programs, "echo x >> "+asked+"; echo runc version 1.1.5")
	for range [3]int{} {
		got, err := version([]string{runc}, notes)
		if err != nil || got != "runc version 1.1.5\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if lines, err := os.ReadFile(asked); err != nil || string(lines) != "x\n" {
		t.Errorf("asked %q, %v", lines, err)
	}
	if left, _ := filepath.Glob(filepath.Join(notes, ".labctl-runc-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestVersionOfAnotherRuncIsAskedForAnew(t *testing.T) {
	programs, notes := t.TempDir(), t.TempDir()
	for _, want := range []string{"1.1.5", "1.10.15"} {
		got, err := version([]string{fakeRunc(t, programs, "echo "+want)}, notes)
		if err != nil || got != want+"\n" {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestVersionThatCannotBeKeptIsToldAllTheSame(t *testing.T) {
	programs := t.TempDir()
	runc := fakeRunc(t, programs, "echo runc")
	if got, err := version([]string{runc}, filepath.Join(programs, "absent")); err != nil || got != "runc\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestVersionOfARuncThatFailsIsAnError(t *testing.T) {
	programs, notes := t.TempDir(), t.TempDir()
	if got, err := version([]string{fakeRunc(t, programs, "exit 3")}, notes); err == nil {
		t.Errorf("got %q", got)
	}
	if left, _ := os.ReadDir(notes); len(left) > 0 {
		t.Errorf("kept %v", left)
	}
}
