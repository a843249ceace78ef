package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kin/internal/record"
)

// encode returns what a first Save writes.
func (f File) encode() ([]byte, error) { return new(encoder).encode(f, nil) }

// marshalReference returns the file as encoding/json writes it, which is the format.
func marshalReference(t testing.TB, f File) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// manyShards returns a file with two streams and this many shards in each.
func manyShards(shards int) File {
	f := fullFile()
	for _, name := range []string{"payments", "logs"} {
		s := Stream{Name: name, StartedAt: f.Streams[0].StartedAt, InitialPosition: "trim_horizon", Shards: map[string]Shard{}}
		for n := range shards {
			s.Shards[fmt.Sprintf("shardId-%012d", n)] = Shard{Parents: []string{}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}}
		}
		f.Streams = append(f.Streams, s)
	}
	return f
}

func TestFault02SaveEncodesOnlyMovedShards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	f := manyShards(1000)
	if err := h.Save(f, nil); err != nil {
		t.Fatal(err)
	}
	if want := 2*1000 + len(f.Streams[0].Shards); h.encoder.encoded != want {
		t.Errorf("the first Save encoded %d shards, want all %d", h.encoder.encoded, want)
	}
	shards := f.Find("payments").Shards
	for n, moved := range []Moved{
		{"payments": {"shardId-000000000007"}},
		{"payments": {"shardId-000000000007", "shardId-000000000999", "shardId-000000000007"}}, // two blocks of one shard
		{},
		{"payments": {"shardId-000000001000"}, "logs": {"shardId-000000000000"}},
	} {
		want := map[int]int{0: 1, 1: 2, 2: 0, 3: 2}[n]
		for _, id := range moved["payments"] {
			shards[id] = Shard{Parents: []string{}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: fmt.Sprint(n + 2)}}
		}
		before := h.encoder.encoded
		if err := h.Save(f, moved); err != nil {
			t.Fatal(err)
		}
		if got := h.encoder.encoded - before; got != want {
			t.Errorf("Save %d encoded %d shards, want %d", n, got, want)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != marshalReference(t, f) {
			t.Errorf("Save %d wrote another file than encoding/json, %v", n, err)
		}
	}
}

func TestFault02EncoderMatchesEncodingJSON(t *testing.T) {
	var e encoder
	f := fullFile()
	f.Destination = &Destination{Name: "copies", CreatedAt: f.Streams[0].CreatedAt}
	f.Streams[0].InitialPosition = "\n   \"shards\": {}" // which is text
	s := f.Streams[0].Shards
	at := Shard{Parents: []string{}, Position: record.Position{Kind: record.TrimHorizon}}
	for n, step := range []struct {
		change func() Moved
	}{
		{func() Moved { return nil }},
		{func() Moved { s["a<b&c"] = at; return Moved{"orders": {"a<b&c"}} }},
		{func() Moved { s["\""], s["é\u2028"] = at, at; return Moved{"orders": {"é\u2028", "\""}} }},
		{func() Moved { s["shardId-000000000000x"] = at; return Moved{"orders": {"shardId-000000000000x"}} }},
		{func() Moved {
			delete(s, "shardId-000000000001")
			return Moved{"orders": {"shardId-000000000001", "shardId-000000000001"}}
		}},
		{func() Moved { f.Streams[0].ARN = "arn"; f.Output = nil; return Moved{} }},
		{func() Moved {
			f.Streams = append(f.Streams, Stream{Name: "none", Shards: map[string]Shard{}}, Stream{Name: "null"}, Stream{Name: "new", Shards: map[string]Shard{"x": at}})
			return Moved{}
		}},
		{func() Moved { clear(s); return nil }},
		{func() Moved { f.Streams = nil; return nil }},
	} {
		b, err := e.encode(f, step.change())
		if err != nil {
			t.Fatal(err)
		}
		if want := marshalReference(t, f); string(b) != want {
			t.Errorf("step %d: got\n%s\nwant\n%s", n, b, want)
		}
	}
}

func TestFault02UnreportedNewShardIsAnError(t *testing.T) {
	var e encoder
	f := fullFile()
	if _, err := e.encode(f, nil); err != nil {
		t.Fatal(err)
	}
	f.Streams[0].Shards["new"] = Shard{Parents: []string{}, Position: record.Position{Kind: record.TrimHorizon}}
	if _, err := e.encode(f, Moved{}); err == nil {
		t.Error("Save dropped a new shard without an error")
	}
}

func BenchmarkSave(b *testing.B) {
	for _, shards := range []int{1000, 10_000} {
		for _, moved := range []int{1, 25, shards} {
			b.Run(fmt.Sprintf("encode/%d of %d", moved, shards), func(b *testing.B) {
				f := manyShards(shards)
				f.Streams = f.Streams[1:2]
				through := record.Time{Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
				ids := make([]string, moved)
				for n := range ids {
					ids[n] = fmt.Sprintf("shardId-%012d", n*(shards/moved))
				}
				for id := range f.Streams[0].Shards {
					f.Streams[0].Shards[id] = Shard{Parents: []string{}, Position: record.Position{Kind: record.AfterSequenceNumber,
						SequenceNumber: "49668899999999999999999999999999999999999999999999999999"}, ReadThrough: through, LastArrival: through, UpdatedAt: through}
				}
				var e encoder
				if _, err := e.encode(f, nil); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					text, err := e.encode(f, Moved{"payments": ids})
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(len(text)))
				}
			})
		}
	}
}
