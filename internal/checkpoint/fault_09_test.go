package checkpoint

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"kin/internal/record"
)

func TestFault09SaveKeepsTheFieldsOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	first := fullFile()
	first.Destination = &Destination{Name: "old"}
	if err := h.Save(first, nil); err != nil {
		t.Fatal(err)
	}
	dst := Destination{Name: "copies", ARN: "arn:aws:kinesis:us-east-1:000000000000:stream/copies", CreatedAt: record.Time{Time: time.UnixMilli(1_700_000_000_123).UTC()}}
	h.SetDestination(dst)
	loaded, err := h.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bare := File{Version: Version, Streams: loaded.Streams} // without destination, output and ID
	for name, f := range map[string]File{"without a destination": bare, "with the previous destination": first, "as loaded": loaded} {
		if err := h.Save(f, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Destination, &dst) || !reflect.DeepEqual(got.Output, first.Output) || got.ID != first.ID || got.Version != Version {
			t.Errorf("%s: saved destination %+v, output %+v, id %q, version %d", name, got.Destination, got.Output, got.ID, got.Version)
		}
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Also in a run without SetDestination.
	h = open(t, path)
	if err := h.Save(File{Version: Version, ID: first.ID, Streams: loaded.Streams}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); err != nil || !reflect.DeepEqual(got.Destination, &dst) {
		t.Errorf("the next run saved destination %+v, %v", got.Destination, err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}
