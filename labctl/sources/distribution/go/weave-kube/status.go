package main

import (
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// statusAddress is where weave answers, and where the DaemonSet's readiness probe asks.
const statusAddress = "127.0.0.1:6784"

// status answers GET /status: 200 only while the kernel holds this node's bridge with its address, and a forwarding
// entry for each peer that the API lists. What should be there is remembered; what is there is read at each question.
type status struct {
	run      runner
	podRange netip.Prefix

	lock    sync.Mutex
	slice   netip.Prefix
	peers   []member
	trouble string // the last attempt's error, "" if it went well
}

func newStatus(node *nodeNetwork) *status {
	return &status{run: node.run, podRange: node.podRange}
}

// expect says what the kernel should hold from now on.
func (s *status) expect(slice netip.Prefix, peers []member) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.slice, s.peers = slice, append([]member(nil), peers...)
}

// report notes how the last attempt went, and logs it when that has changed.
func (s *status) report(err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	switch {
	case trouble == s.trouble:
	case trouble == "":
		log.Printf("works now")
	default:
		log.Printf("not yet: %s", trouble)
	}
	s.trouble = trouble
}

func (s *status) serve(address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/status", s.answer)
	return http.ListenAndServe(address, mux)
}

func (s *status) answer(response http.ResponseWriter, _ *http.Request) {
	s.lock.Lock()
	slice, peers, trouble := s.slice, s.peers, s.trouble
	s.lock.Unlock()
	problems := s.problems(slice, peers)
	if len(problems) > 0 {
		response.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintf(response, "Version: %s (labctl's stand-in for weave-net, not weave's own)\n", version)
	fmt.Fprintf(response, "Range: %s\nSlice: %s\nPeers: %d\n", s.podRange, slice, len(peers))
	for _, peer := range peers {
		fmt.Fprintf(response, "  %s %s\n", peer.name, peer.address)
	}
	for _, problem := range problems {
		fmt.Fprintf(response, "Problem: %s\n", problem)
	}
	if trouble != "" {
		fmt.Fprintf(response, "Last attempt: %s\n", strings.TrimSpace(trouble))
	}
}

// problems asks the kernel what is missing.
func (s *status) problems(slice netip.Prefix, peers []member) []string {
	if !slice.IsValid() {
		return []string{"this node's address is not known yet"}
	}
	links, err := readLinks(s.run)
	if err != nil {
		return []string{err.Error()}
	}
	problems := linkProblems(links, bridgeAddress(s.podRange, slice))
	entries, err := readEntries(s.run)
	if err != nil {
		return append(problems, err.Error())
	}
	for _, peer := range peers {
		if !hasFlood(entries, peer.address) {
			problems = append(problems, fmt.Sprintf("no forwarding entry for %s (%s)", peer.name, peer.address))
		}
	}
	return problems
}

// linkProblems judges the bridge and the vxlan device.
func linkProblems(links []link, wanted netip.Prefix) []string {
	var problems []string
	bridge := find(links, bridgeName)
	if bridge == nil || !bridge.up() || !bridge.holds(wanted) {
		problems = append(problems, fmt.Sprintf("no bridge %s that is up and holds %s", bridgeName, wanted))
	}
	vxlan := find(links, vxlanName)
	if vxlan == nil || !vxlan.up() || vxlan.Master != bridgeName {
		problems = append(problems, fmt.Sprintf("no device %s that is up and on the bridge", vxlanName))
	}
	return problems
}
