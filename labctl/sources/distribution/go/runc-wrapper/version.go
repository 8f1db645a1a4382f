package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noteFolder belongs to root and is empty after a start of the machine.
const noteFolder = "/run"

// version returns what `runc --version` prints. dockerd asks for it whenever it is asked for its own, which kubelet
// does six times for each report of its node: runc's own start, many times over, is what a small machine feels. The
// answer is kept under a name that says of which file it is.
func version(candidates []string, folder string) (string, error) {
	path, err := findRunc(candidates)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(path, "/", "-"), info.Size(), info.ModTime().UnixNano())
	note := filepath.Join(folder, "labctl-runc"+key)
	if known, err := os.ReadFile(note); err == nil {
		return string(known), nil
	}
	answer, err := exec.Command(path, "--version").Output()
	if err != nil {
		return "", err
	}
	keep(note, answer)
	return string(answer), nil
}

// keep writes the note in one step; without it the next one asks again.
func keep(note string, answer []byte) {
	temporary, err := os.CreateTemp(filepath.Dir(note), ".labctl-runc-*")
	if err != nil {
		return
	}
	defer os.Remove(temporary.Name()) // after the rename there is nothing left to remove
	_, err = temporary.Write(answer)
	if closeErr := temporary.Close(); err == nil && closeErr == nil {
		_ = os.Rename(temporary.Name(), note)
	}
}
