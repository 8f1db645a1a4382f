package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// limits is what a process without CAP_SYS_RESOURCE cannot go beyond.
type limits struct {
	oomScoreAdj int64             // the lowest oom_score_adj that may be set
	hard        map[string]uint64 // by the name of the OCI specification, for example RLIMIT_NOFILE
}

// resources are the numbers of the limits (asm-generic/resource.h).
var resources = map[string]int{
	"RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
	"RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
	"RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
}

// limitsOfThisProcess reads what runc will inherit. The kernel allows any oom_score_adj from the inherited minimum
// on, which cannot be read; the present value is never below it.
func limitsOfThisProcess() limits {
	found := limits{oomScoreAdj: 1000, hard: map[string]uint64{}}
	if text, err := os.ReadFile("/proc/self/oom_score_adj"); err == nil {
		if value, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			found.oomScoreAdj = value
		}
	}
	for name, number := range resources {
		var limit syscall.Rlimit
		if syscall.Getrlimit(number, &limit) == nil {
			found.hard[name] = limit.Max
		}
	}
	return found
}

// adaptFile rewrites an OCI config.json or process.json if it asks for more than the limits allow. The new file
// takes the old one's place in one step, with its mode and owner.
func adaptFile(path string, allowed limits) error {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, changed, err := adapt(before, allowed)
	if err != nil || !changed {
		return err
	}
	return replaceFile(path, after)
}

// adapt returns the document without what the limits forbid, and whether anything had to go. Numbers keep their
// digits: a limit of 2^64-1 does not survive a float.
func adapt(document []byte, allowed limits) ([]byte, bool, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var root map[string]interface{}
	if err := decoder.Decode(&root); err != nil {
		return nil, false, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, false, fmt.Errorf("more than one JSON value")
	}
	process := root // a process.json is the process itself
	if nested, ok := root["process"].(map[string]interface{}); ok {
		process = nested
	}
	changed := dropCapability(process)
	changed = dropOomScoreAdj(process, allowed.oomScoreAdj) || changed
	changed = lowerRlimits(process, allowed.hard) || changed
	if !changed {
		return document, false, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(root)
	return out.Bytes(), true, err
}

func dropCapability(process map[string]interface{}) bool {
	sets, _ := process["capabilities"].(map[string]interface{})
	changed := false
	for name, value := range sets {
		set, ok := value.([]interface{})
		if !ok {
			continue
		}
		kept := make([]interface{}, 0, len(set))
		for _, capability := range set {
			if capability != "CAP_SYS_RESOURCE" {
				kept = append(kept, capability)
			}
		}
		if len(kept) != len(set) {
			sets[name] = kept
			changed = true
		}
	}
	return changed
}

func dropOomScoreAdj(process map[string]interface{}, lowest int64) bool {
	value, ok := process["oomScoreAdj"].(json.Number)
	if !ok {
		return false
	}
	if wanted, err := value.Int64(); err == nil && wanted >= lowest {
		return false
	}
	delete(process, "oomScoreAdj")
	return true
}

func lowerRlimits(process map[string]interface{}, hard map[string]uint64) bool {
	list, _ := process["rlimits"].([]interface{})
	changed := false
	for _, item := range list {
		rlimit, _ := item.(map[string]interface{})
		name, _ := rlimit["type"].(string)
		highest, known := hard[name]
		if !known {
			continue
		}
		for _, key := range []string{"hard", "soft"} {
			number, ok := rlimit[key].(json.Number)
			if !ok {
				continue
			}
			if wanted, err := strconv.ParseUint(number.String(), 10, 64); err == nil && wanted > highest {
				rlimit[key] = json.Number(strconv.FormatUint(highest, 10))
				changed = true
			}
		}
	}
	return changed
}

func replaceFile(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".labctl-runc-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // after the rename there is nothing left to remove
	_, err = temporary.Write(content)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(temporary.Name(), info.Mode().Perm()); err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := os.Chown(temporary.Name(), int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return os.Rename(temporary.Name(), path)
}
