// Command weave-npc stands in for weave's network policy controller: it takes that container's place in the pod and
// enforces nothing. It says so, because a learner who writes a NetworkPolicy must not believe that it works.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	fmt.Println("weave-npc stand-in 1 of labctl, not weave's own: NetworkPolicy objects are NOT enforced in this lab")
	fmt.Printf("weave-npc stand-in: received %v, leaving\n", <-signals)
	os.Exit(0)
}
