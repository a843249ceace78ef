package checkpoint

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"kin/internal/record"
)

func after(sequence string) Shard {
	return Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: sequence}}
}

// newCheckpoint returns a checkpoint with one begun stream and two known shards.
func newCheckpoint(t *testing.T) (h *Handle, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.ckpt")
	h = open(t, path)
	t.Cleanup(func() {
		if err := h.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err := h.Begin(t.Context(), Stream{Name: "orders", InitialPosition: "latest", Shards: map[string]Shard{"a": after("1"), "b": after("2")}}); err != nil {
		t.Fatal(err)
	}
	return h, path
}

func shardsIn(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for id, s := range f.Streams[0].Shards {
		at[id] = s.SequenceNumber
	}
	return at
}

func TestCommitEncodesOnlyMovedShards(t *testing.T) {
	h, path := newCheckpoint(t)
	encoded := h.encoder.encoded
	err := h.Commit(t.Context(), Commit{
		Moves:   []Move{{Stream: "orders", Shard: "b", To: after("3")}, {Stream: "orders", Shard: "b", To: after("4")}, {Stream: "orders", Shard: "c", To: after("5")}},
		Outputs: []Output{{Path: "out.jsonl", Length: 7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shardsIn(t, path), map[string]string{"a": "1", "b": "4", "c": "5"}; !maps.Equal(got, want) {
		t.Errorf("the file has %v, want %v", got, want)
	}
	if n := h.encoder.encoded - encoded; n != 2 {
		t.Errorf("%d shards were encoded, want b and c", n)
	}
	if f, _ := Read(path); f.Output == nil || *f.Output != (Output{Path: "out.jsonl", Length: 7}) {
		t.Errorf("output %v", f.Output)
	}
	if err := h.Commit(t.Context(), Commit{Moves: []Move{{Stream: "orders", Shard: "a", Forget: true}}}); err != nil {
		t.Fatal(err)
	}
	if got, want := shardsIn(t, path), map[string]string{"b": "4", "c": "5"}; !maps.Equal(got, want) {
		t.Errorf("the file has %v, want %v", got, want)
	}
}

func TestFailedCommitMovesNothing(t *testing.T) {
	h, path := newCheckpoint(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, _ := h.Load(t.Context())
	shards := maps.Clone(loaded.Streams[0].Shards)
	for name, moves := range map[string][]Move{
		"an invalid position":         {{Stream: "orders", Shard: "a", To: after("9")}, {Stream: "orders", Shard: "c", To: after("x")}},
		"a stream that has not begun": {{Stream: "orders", Shard: "a", To: after("9")}, {Stream: "clicks", Shard: "a", To: after("9")}},
	} {
		if err := h.Commit(t.Context(), Commit{Moves: moves}); err == nil {
			t.Errorf("%s was committed", name)
		}
		after, err := os.ReadFile(path)
		if err != nil || !slices.Equal(before, after) {
			t.Errorf("%s changed the file, %v", name, err)
		}
		if f, _ := h.Load(t.Context()); !reflect.DeepEqual(f.Streams[0].Shards, shards) {
			t.Errorf("%s: the handle has %v, want %v", name, f.Streams[0].Shards, shards)
		}
	}
	if err := h.Commit(t.Context(), Commit{Moves: []Move{{Stream: "orders", Shard: "a", To: after("9")}}}); err != nil {
		t.Error(err)
	}
	if got, want := shardsIn(t, path), map[string]string{"a": "9", "b": "2"}; !maps.Equal(got, want) {
		t.Errorf("the file has %v, want %v", got, want)
	}
}

func TestCommitDoesNotChangeALoadedFile(t *testing.T) {
	h, _ := newCheckpoint(t)
	loaded, _ := h.Load(t.Context())
	if err := h.Begin(t.Context(), loaded.Streams...); err != nil {
		t.Fatal(err)
	}
	if err := h.Commit(t.Context(), Commit{Moves: []Move{{Stream: "orders", Shard: "a", To: after("9")}}}); err != nil {
		t.Fatal(err)
	}
	if got := loaded.Streams[0].Shards["a"].SequenceNumber; got != "1" {
		t.Errorf("what was loaded has moved to %s", got)
	}
}
