package checkpoint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"kin/internal/record"
)

// whole is a file that uses every member of the format.
func whole() File {
	at := func(s int64) record.Time { return record.Time{Time: time.UnixMilli(s*1000 + 123).UTC()} }
	sub := int64(3)
	return File{Version: Version, ID: "7b0f3c5e-0000-4000-8000-000000000000", Streams: []Stream{{
		Name: "orders", ARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
		CreatedAt: at(1), StartedAt: at(2), InitialPosition: "latest",
		Shards: map[string]Shard{
			"shardId-000000000000": {Parents: []string{}, Position: record.Position{Kind: record.ShardEnd, SequenceNumber: "49"}},
			"shardId-000000000001": {Parents: []string{"shardId-000000000000"}, Position: record.Position{Kind: record.AtSequenceNumber,
				SequenceNumber: "50", SubSequenceNumber: &sub, Continuation: "51"}, ReadThrough: at(4), LastArrival: at(3), UpdatedAt: at(5)},
			"shardId-000000000002": {Parents: []string{"shardId-000000000000", "shardId-000000000009"}, Position: record.Position{Kind: record.AtTimestamp, Timestamp: at(2)}},
			"shardId-000000000003": {Parents: []string{}, Position: record.Position{Kind: record.TrimHorizon}},
			"shardId-000000000004": {Parents: []string{}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "7"}},
		},
	}}, Output: &Output{Path: "out.jsonl", Length: 12}}
}

func open(t *testing.T, path string) *Handle {
	t.Helper()
	h, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	if h.Existed() {
		t.Error("existed before it was saved")
	}
	if first, _ := h.Load(t.Context()); first.ID == "" || first.Version != Version {
		t.Errorf("a new checkpoint is %+v", first)
	}
	if err := h.Save(whole(), nil); err != nil {
		t.Fatal(err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	h = open(t, path)
	got, err := h.Load(t.Context())
	if err != nil || !reflect.DeepEqual(got, whole()) || !h.Existed() {
		t.Errorf("loaded %+v, %v", got, err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestMembersAreAsDocumented(t *testing.T) {
	b, err := whole().encode()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	shard := got["streams"].([]any)[0].(map[string]any)["shards"].(map[string]any)["shardId-000000000001"]
	want := map[string]any{
		"parents": []any{"shardId-000000000000"}, "position": "AT_SEQUENCE_NUMBER", "sequenceNumber": "50",
		"subSequenceNumber": 3.0, "continuation": "51", "readThrough": "1970-01-01T00:00:04.123Z",
		"lastArrival": "1970-01-01T00:00:03.123Z", "updatedAt": "1970-01-01T00:00:05.123Z",
	}
	if !reflect.DeepEqual(shard, want) {
		t.Errorf("shard %v, want %v", shard, want)
	}
	if !reflect.DeepEqual(got["output"], map[string]any{"path": "out.jsonl", "length": 12.0}) {
		t.Errorf("output %v", got["output"])
	}
}

func TestSecondRunIsToldWhoHoldsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	_, err := Open(path)
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatalf("got %v, want held", err)
	}
	if runtime.GOOS != "windows" && (held.Holder.PID != os.Getpid() || held.Holder.Host == "" || time.Since(held.Holder.Started) > time.Minute) {
		t.Errorf("held by %+v", held.Holder)
	}
	// Saving does not lose the lock: the file is replaced, the lock file is not.
	if err := h.Save(whole(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.As(err, &held) {
		t.Errorf("after a save: %v, want held", err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Release(t.Context()); err != nil {
		t.Error(err)
	}
	// Reading needs no lock.
	if _, err := Read(path); err != nil {
		t.Error(err)
	}
}

func TestUnusableFilesStayAsTheyAre(t *testing.T) {
	good, err := whole().encode()
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"":                                      "it is empty",
		"hello":                                 "it is not JSON",
		"{}":                                    "it is not a checkpoint of kin",
		`[1]`:                                   "it is not a checkpoint of kin",
		string(good[:len(good)/2]):              "it is truncated",
		string(good) + "{}":                     "it has data after its end",
		`{"version":2,"id":"x","streams":[]}`:   "it has version 2",
		`{"version":1,"id":"x","streams":[{}]}`: "has no name",
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AFTER_SEQUENCE_NUMBER","sequenceNumber":"1","subSequenceNumber":3}}}]}`: "it is for AT_SEQUENCE_NUMBER",
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AT_SEQUENCE_NUMBER","sequenceNumber":"1","subSequenceNumber":-1}}}]}`:   "0 or more",
		// Positions that only a user types have no place in a file.
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AGO"}}}]}`:                                          `shard s of stream a: unknown position "AGO"`,
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":""}}}]}`:                                             `shard s of stream a: unknown position ""`,
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{}}}]}`:                                                          `shard s of stream a: unknown position ""`,
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"LATEST"}}}]}`:                                       `shard s of stream a: unknown position "LATEST"`,
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AFTER_SEQUENCE_NUMBER"}}}]}`:                        "needs a sequence number",
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AFTER_SEQUENCE_NUMBER","sequenceNumber":"1e9"}}}]}`: "needs a sequence number",
		`{"version":1,"id":"x","streams":[{"name":"a","shards":{"s":{"position":"AT_TIMESTAMP"}}}]}`:                                 "needs a timestamp",
	} {
		path := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		var unusable *UnusableError
		if !errors.As(err, &unusable) || !strings.Contains(unusable.Reason, want) {
			t.Errorf("%.40q: got %v, want %q", content, err, want)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != content {
			t.Errorf("%.40q: the file changed to %.40q", content, after)
		}
		// And it is not held.
		if _, err := Open(path); !errors.As(err, &unusable) {
			t.Errorf("%.40q: the second time %v", content, err)
		}
	}
}

func TestFailedSaveLeavesTheOldFile(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		// A folder cannot be closed to this user; one that is gone can.
		dir := filepath.Join(t.TempDir(), "d")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		h := open(t, filepath.Join(dir, "c.json"))
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := h.Save(whole(), nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want the folder to be missing", err)
		}
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "c.json")
	h := open(t, path)
	if err := h.Save(whole(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o700) }()
	other := whole()
	other.ID = "other"
	if err := h.Save(other, nil); err == nil {
		t.Error("saved into a folder that is closed")
	}
	if f, err := Read(path); err != nil || f.ID != whole().ID {
		t.Errorf("the old file is %+v, %v", f, err)
	}
}

func TestLeftoversOfAKilledRunAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c[1].json")
	for _, name := range []string{".c[1].json.tmp-123", ".other.json.tmp-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := open(t, path)
	if err := h.Save(whole(), nil); err != nil {
		t.Fatal(err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".other.json.tmp-1", "c[1].json", "c[1].json.lock"}; !reflect.DeepEqual(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

func TestSymlinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json")
	if err := os.Symlink("target.json", link); err != nil {
		t.Fatal(err)
	}
	h := open(t, link) // dangling: the target is made
	if err := h.Save(whole(), nil); err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if _, err := Open(target); !errors.As(err, &held) {
		t.Errorf("the target by its own name: %v, want held", err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info, err)
	}
	if _, err := Read(target); err != nil {
		t.Error(err)
	}
}

// FuzzDecode checks that whatever is read as a checkpoint is written and read
// again as the same, and that nothing panics.
func FuzzDecode(f *testing.F) {
	good, err := whole().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"id":"x","streams":[{"name":"a","startedAt":"2026-11-22T10:00:00Z","shards":null}]}`))
	f.Add([]byte(`{"version":1,"id":"x"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := decode(b)
		if err != nil {
			return
		}
		out, err := first.encode()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != byLibrary(t, first) {
			t.Fatalf("%s was written, other than encoding/json does", out)
		}
		out = slices.Clone(out) // the encoder's own
		again, err := decode(out)
		if err != nil {
			t.Fatalf("%s was written as %s and is not read: %v", b, out, err)
		}
		out2, err := again.encode()
		if err != nil || string(out2) != string(out) {
			t.Errorf("%s became %s", out, out2)
		}
	})
}
