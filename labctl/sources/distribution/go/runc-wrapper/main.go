// Command runc-wrapper takes runc's place as dockerd's default runtime on nodes that lack CAP_SYS_RESOURCE (a
// container inside a container whose own bounding set has lost it). There runc fails when a container asks for that
// capability, for an oom_score_adj below its parent's, or for a resource limit above the hard one. The wrapper takes
// these wishes out of the container's configuration and then becomes the real runc.
//
// It never keeps runc from running: what it cannot do it reports on stderr, and runc gets the configuration as it was.
//
// runc's version it asks for once and then remembers (version.go).
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// realRuncs are the places where distributions put runc, in the order in which they are tried.
var realRuncs = []string{"/usr/sbin/runc", "/usr/bin/runc"}

// capSysResource is the capability's bit number (linux/capability.h).
const capSysResource = 24

func main() {
	if path := configToAdapt(os.Args[1:]); path != "" && !hasSysResource() {
		if err := adaptFile(path, limitsOfThisProcess()); err != nil {
			fmt.Fprintf(os.Stderr, "labctl-runc: %s is left as it is: %v\n", path, err)
		}
	}
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		if answer, err := version(realRuncs, noteFolder); err == nil {
			fmt.Print(answer)
			return
		}
	}
	err := becomeRunc(realRuncs, os.Args)
	fmt.Fprintf(os.Stderr, "labctl-runc: %v\n", err)
	os.Exit(127)
}

// becomeRunc replaces this process by the first runc that exists; it returns only if there is none that starts.
func becomeRunc(candidates []string, args []string) error {
	path, err := findRunc(candidates)
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot start %s: %w", path, syscall.Exec(path, append([]string{"runc"}, args[1:]...), os.Environ()))
}

// findRunc returns the first runc that exists.
func findRunc(candidates []string) (string, error) {
	self, _ := os.Executable()
	for _, path := range candidates {
		real, err := filepath.EvalSymlinks(path)
		if err != nil || real == self {
			continue // absent, or a link to this wrapper, which would call itself for ever
		}
		return path, nil
	}
	return "", errors.New("no runc in " + strings.Join(candidates, ", "))
}

// hasSysResource tells whether this process, and so runc, has the capability: then there is nothing to adapt.
func hasSysResource() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	return effectiveHas(string(status), capSysResource)
}

// effectiveHas reads the CapEff line of a /proc/PID/status text.
func effectiveHas(status string, bit uint) bool {
	for _, line := range strings.Split(status, "\n") {
		if value := strings.TrimPrefix(line, "CapEff:"); value != line {
			mask, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return err == nil && mask&(1<<bit) != 0
		}
	}
	return false
}
