// Command weave-kube stands in for weave-net where weave's own images cannot be had. It gives the cluster the same
// kind of pod network by plain means of the kernel: one bridge `weave` a node, one vxlan device that joins the
// bridges to a single segment, and a forwarding entry for each other node that the API lists. This file holds the
// order of the work; each piece of it has a file of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	version   = "standin-1"
	quickPoll = 300 * time.Millisecond // until the node is part of the network
	slowPoll  = 2 * time.Second        // afterwards
)

func main() {
	log.SetFlags(log.LUTC | log.Ldate | log.Ltime)
	log.SetOutput(os.Stdout)
	log.SetPrefix("weave-kube " + version + " ")
	work := run
	if len(os.Args) > 1 && os.Args[1] == "init" {
		work = initialise
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := work(ctx); err != nil {
		log.Fatalf("stops: %v", err)
	}
}

// initialise is the init container's work: what a node must have before the network can be made.
func initialise(context.Context) error {
	if err := requirePlugins(pluginFolder); err != nil {
		return err
	}
	return setSysctls(sysctlRoot)
}

// run keeps the node's network as the API's nodes ask for it until ctx ends. The network itself stays when this
// process goes: pods keep their connections while weave-net is restarted or updated, as with weave.
func run(ctx context.Context) error {
	config, err := configFromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	log.Printf("labctl's stand-in for weave-net, not weave's own; node %s, range %s", config.nodeName, config.podRange)
	node := &nodeNetwork{run: execute, podRange: config.podRange}
	status := newStatus(node)
	served := make(chan error, 1)
	go func() { served <- status.serve(statusAddress) }()
	client := newNodeClient(config)
	joined := false
	for {
		err := syncOnce(ctx, client, config, node, status)
		status.report(err)
		wait := slowPoll
		if err != nil && !joined {
			wait = quickPoll
		} else if err == nil && !joined {
			joined = true
			log.Printf("node %s is part of the pod network: %s", config.nodeName, node.describe())
		}
		select {
		case <-ctx.Done():
			log.Printf("leaves; the pod network stays in place")
			return nil
		case err := <-served:
			return fmt.Errorf("cannot answer on %s: %w", statusAddress, err)
		case <-time.After(wait):
		}
	}
}

// syncOnce brings the kernel in line with the API's nodes. When the API does not answer, what was learned before is
// kept alive: a pod network must outlive its control plane.
func syncOnce(ctx context.Context, client *nodeClient, config config, node *nodeNetwork, status *status) error {
	members, apiErr := client.list(ctx)
	if apiErr == nil {
		self, peers, err := locate(members, config.nodeName)
		if err != nil {
			return err
		}
		slice, err := sliceFor(config.podRange, self)
		if err != nil {
			return err
		}
		if err := rejectCollisions(config.podRange, self, peers); err != nil {
			return err
		}
		node.self, node.slice = self, slice
		status.expect(slice, peers)
		node.peers = peers
	} else if !node.self.IsValid() {
		return apiErr
	}
	if err := node.ensure(); err != nil {
		return err
	}
	if err := ensureFirewall(node.run, node.podRange); err != nil {
		return err
	}
	if err := writeConflist(conflistFolder, node.podRange, node.slice); err != nil {
		return err
	}
	return apiErr
}
