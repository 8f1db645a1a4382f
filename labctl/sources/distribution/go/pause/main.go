// Command pause is the process that holds a pod's namespaces open. It does two things: it reaps the zombies that
// end up with it when a pod shares its process namespace, and it leaves at once when asked to. Nothing else
// belongs here.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGINT, syscall.SIGTERM)
	os.Exit(hold(signals))
}

// hold stays until it is asked to leave, and returns the exit code.
func hold(signals <-chan os.Signal) int {
	reap() // what ended before anyone listened
	for received := range signals {
		if received != syscall.SIGCHLD {
			return 0
		}
		reap()
	}
	return 0
}

// reap collects every child that has ended. Signals of one kind merge while they are pending, so one SIGCHLD may
// stand for many children.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
	}
}
