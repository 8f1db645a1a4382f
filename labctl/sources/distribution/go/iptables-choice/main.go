// Command iptables-choice stands in the images of the network under the names of iptables' programs. Of the kernel's
// two packet filters a container has to use the one that the node's kubelet and dockerd use: rules for the other would
// hold, too, and neither side would see both. At its first start in a container it finds out which one that is, makes
// all names links to that one's programs, and becomes what it was called as.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// folder is where Debian has both variants' programs.
const folder = "/usr/sbin"

// The two programs, each of which is all of iptables' programs under their names.
const (
	older = "xtables-legacy-multi"
	newer = "xtables-nft-multi"
)

// names are what iptables' package asks of update-alternatives.
var names = []string{
	"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore",
}

func main() {
	program := choose(lines(older), lines(newer))
	relink(folder, program)
	err := syscall.Exec(filepath.Join(folder, program), os.Args, os.Environ())
	fmt.Fprintf(os.Stderr, "iptables-choice: cannot start %s: %v\n", program, err)
	os.Exit(127)
}

// choose goes by how many lines of rules there are of each: a node's dockerd and kubelet come before all containers.
func choose(ofOlder, ofNewer int) string {
	if ofOlder > ofNewer {
		return older
	}
	return newer
}

// lines counts what the program prints of the rules that there are; none where the kernel lacks that filter.
func lines(program string) int {
	command := exec.Command(filepath.Join(folder, program), "iptables-save")
	printed, err := command.Output()
	if err != nil {
		return 0
	}
	return bytes.Count(printed, []byte("\n"))
}

// relink makes each name a link to program, in one step each: others may be starting them. Where that fails, on a
// read-only file system, each start chooses anew.
func relink(folder, program string) {
	for _, name := range names {
		fresh := filepath.Join(folder, fmt.Sprintf(".%s.%d", name, os.Getpid()))
		if os.Symlink(program, fresh) != nil {
			return
		}
		if os.Rename(fresh, filepath.Join(folder, name)) != nil {
			_ = os.Remove(fresh)
			return
		}
	}
}
