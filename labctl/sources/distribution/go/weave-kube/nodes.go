package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// member is a node of the cluster as the API lists it; its address is the InternalIP.
type member struct {
	name    string
	address netip.Addr
}

// nodeClient asks the API server for its nodes. It knows nothing about networks.
type nodeClient struct {
	apis    []string
	account string
	http    *http.Client
	ca      string // the authority that http trusts
}

func newNodeClient(config config) *nodeClient {
	return &nodeClient{apis: config.apis, account: config.account}
}

// list returns the cluster's nodes from the first API address that answers. The address that answered is asked first
// the next time.
func (c *nodeClient) list(ctx context.Context) ([]member, error) {
	var failures []string
	for i, api := range c.apis {
		members, err := c.listFrom(ctx, api)
		if err == nil {
			c.apis[0], c.apis[i] = c.apis[i], c.apis[0]
			return members, nil
		}
		failures = append(failures, err.Error())
	}
	return nil, fmt.Errorf("no answer from the API server: %s", strings.Join(failures, "; "))
}

func (c *nodeClient) listFrom(ctx context.Context, api string) ([]member, error) {
	// The token is read each time: kubelet renews it.
	token, err := os.ReadFile(filepath.Join(c.account, "token"))
	if err != nil {
		return nil, err
	}
	if err := c.trust(); err != nil {
		return nil, err
	}
	// resourceVersion=0 is answered from the API server's memory, not from etcd.
	url := "https://" + api + "/api/v1/nodes?resourceVersion=0"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return parseNodes(body)
}

// trust makes the HTTP client for the service account's authority, anew only if that has changed.
func (c *nodeClient) trust() error {
	ca, err := os.ReadFile(filepath.Join(c.account, "ca.crt"))
	if err != nil {
		return err
	}
	if c.http != nil && c.ca == string(ca) {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return fmt.Errorf("no certificate in %s/ca.crt", c.account)
	}
	c.ca = string(ca)
	c.http = &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool},
			// Short: before kube-proxy runs, packets to the service's address get no answer at all.
			DialContext:     (&net.Dialer{Timeout: time.Second}).DialContext,
			MaxIdleConns:    2,
			IdleConnTimeout: time.Minute,
		},
	}
	return nil
}

// parseNodes reads a NodeList. A node that has no InternalIP yet cannot be reached and is left out.
func parseNodes(body []byte) ([]member, error) {
	var list struct {
		Kind  string
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Addresses []struct{ Type, Address string }
			}
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the API server's list of nodes is not readable: %w", err)
	}
	if list.Kind != "NodeList" {
		return nil, fmt.Errorf("the API server answers with %q instead of a NodeList", list.Kind)
	}
	var members []member
	for _, item := range list.Items {
		for _, address := range item.Status.Addresses {
			parsed, err := netip.ParseAddr(address.Address)
			if address.Type == "InternalIP" && err == nil && parsed.Is4() {
				members = append(members, member{item.Metadata.Name, parsed})
				break
			}
		}
	}
	return members, nil
}

// locate splits the nodes into this one and its peers.
func locate(members []member, name string) (netip.Addr, []member, error) {
	var self netip.Addr
	var peers []member
	for _, one := range members {
		if one.name == name {
			self = one.address
		} else {
			peers = append(peers, one)
		}
	}
	if !self.IsValid() {
		return self, nil, fmt.Errorf("the API lists no node %s with an InternalIP", name)
	}
	return self, peers, nil
}
