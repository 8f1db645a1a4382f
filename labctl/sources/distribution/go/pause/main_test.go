package main

import (
	"os"
	"syscall"
	"testing"
)

func TestLeavesWithZeroWhenAsked(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		signals := make(chan os.Signal, 2)
		signals <- syscall.SIGCHLD // must not end it
		signals <- signal
		if code := hold(signals); code != 0 || len(signals) != 0 {
			t.Errorf("%v: code %d, %d signals unread", signal, code, len(signals))
		}
	}
}

func TestReapsEveryChildThatHasEnded(t *testing.T) {
	var pids []int
	for i := 0; i < 3; i++ {
		pid, err := syscall.ForkExec("/bin/true", []string{"true"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	for _, pid := range pids { // until all have ended, without collecting any of them
		if _, err := waitWithoutReaping(pid); err != 0 {
			t.Fatal(err)
		}
	}
	reap()
	for _, pid := range pids {
		if _, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
			t.Errorf("child %d was not reaped: %v", pid, err)
		}
	}
}

// waitWithoutReaping is waitid(P_PID, pid, NULL, WEXITED|WNOWAIT).
func waitWithoutReaping(pid int) (uintptr, syscall.Errno) {
	for {
		result, _, err := syscall.Syscall6(syscall.SYS_WAITID, 1, uintptr(pid), 0, 0x4|0x1000000, 0, 0)
		if err != syscall.EINTR {
			return result, err
		}
	}
}
