package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var tight = limits{oomScoreAdj: 0, hard: map[string]uint64{"RLIMIT_NOFILE": 4096}}

const bundleConfig = `{"ociVersion":"1.0.2","process":{"args":["a<b&c"],
"capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"effective":["CAP_SYS_RESOURCE"],"ambient":null},
"oomScoreAdj":-998,"rlimits":[{"type":"RLIMIT_NOFILE","hard":1048576,"soft":1024},
{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":18446744073709551615}]},
"linux":{"resources":{"memory":{"limit":9223372036854771712}}}}`

func TestAdaptTakesOutWhatTheLimitsForbidAndNothingElse(t *testing.T) {
	after, changed, err := adapt([]byte(bundleConfig), tight)
	if err != nil || !changed {
		t.Fatalf("changed=%v err=%v", changed, err)
	}
	want := `{"linux":{"resources":{"memory":{"limit":9223372036854771712}}},"ociVersion":"1.0.2","process":{` +
		`"args":["a<b&c"],"capabilities":{"ambient":null,"bounding":["CAP_CHOWN"],"effective":[]},` +
		`"rlimits":[{"hard":4096,"soft":1024,"type":"RLIMIT_NOFILE"},` +
		`{"hard":18446744073709551615,"soft":18446744073709551615,"type":"RLIMIT_CORE"}]}}` + "\n"
	if string(after) != want {
		t.Errorf("got  %s\nwant %s", after, want)
	}
}

func TestAdaptReadsAProcessFile(t *testing.T) {
	after, changed, err := adapt([]byte(`{"capabilities":{"permitted":["CAP_SYS_RESOURCE"]},"oomScoreAdj":1}`), tight)
	if err != nil || !changed || string(after) != `{"capabilities":{"permitted":[]},"oomScoreAdj":1}`+"\n" {
		t.Errorf("got %s changed=%v err=%v", after, changed, err)
	}
}

func TestAdaptLeavesAFittingDocumentByteForByte(t *testing.T) {
	document := `{ "process": {"oomScoreAdj": 1000, "capabilities": {"bounding": ["CAP_KILL"]}} }`
	after, changed, err := adapt([]byte(document), tight)
	if err != nil || changed || string(after) != document {
		t.Errorf("got %s changed=%v err=%v", after, changed, err)
	}
}

func TestAdaptSurvivesStrangeShapes(t *testing.T) {
	for _, document := range []string{
		`{}`, `{"process":null}`, `{"process":[]}`, `{"process":{"capabilities":[],"rlimits":{},"oomScoreAdj":"low"}}`,
		`{"process":{"capabilities":{"bounding":"CAP_SYS_RESOURCE"},"rlimits":[null,{"type":7},{"type":"RLIMIT_NOFILE"}]}}`,
	} {
		if after, changed, err := adapt([]byte(document), tight); err != nil || changed || string(after) != document {
			t.Errorf("%s became %s (changed=%v, err=%v)", document, after, changed, err)
		}
	}
	for _, document := range []string{``, `[]`, `nonsense`, `{"process":`, `{} {}`} {
		if _, _, err := adapt([]byte(document), tight); err == nil {
			t.Errorf("%q: no error", document)
		}
	}
}

func TestAdaptFileKeepsModeAndLeavesNoOtherFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "config.json")
	if err := os.WriteFile(path, []byte(bundleConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := adaptFile(path, tight); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, err %v", info.Mode(), err)
	}
	content, _ := os.ReadFile(path)
	if !json.Valid(content) || strings.Contains(string(content), "CAP_SYS_RESOURCE") {
		t.Errorf("content %s", content)
	}
	if files, _ := os.ReadDir(folder); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestAdaptFileLeavesABadFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if adaptFile(path, tight) == nil {
		t.Error("no error")
	}
	if content, _ := os.ReadFile(path); string(content) != "{" {
		t.Errorf("content %s", content)
	}
	if adaptFile(path+".absent", tight) == nil {
		t.Error("no error for an absent file")
	}
}
