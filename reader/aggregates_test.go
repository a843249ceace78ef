package reader

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/lineage"
	"kin/internal/record"
)

// aggregate returns an aggregate of ten records. The records of mixed alternate between the lower
// and the upper half of the hash keys; those of upper are all in the upper half.
func aggregate(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "internal", "kpl", "testdata", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	lowerHalf = &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("170141183460469231731687303715884105727")}
	upperHalf = &types.HashKeyRange{
		StartingHashKey: aws.String("170141183460469231731687303715884105728"), EndingHashKey: aws.String("340282366920938463463374607431768211455"),
	}
	wholeRange = &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: upperHalf.EndingHashKey}
)

// subOptions encodes a record as a space after its sub-sequence number, or after its payload for a
// record that is not aggregated.
func subOptions() Options {
	o := bounded()
	o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
		if r.Aggregated {
			return fmt.Appendf(dst, "%s.%d ", r.SequenceNumber, r.SubSequenceNumber), nil
		}
		return fmt.Appendf(dst, "%.20q ", r.Data), nil
	}
	return o
}

// messageLog collects the messages of a run.
type messageLog struct {
	mu    sync.Mutex
	lines []string
}

func (s *messageLog) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func TestResumesInsideAnAggregateAfterAKill(t *testing.T) {
	// aserrallerios/kcl-akka-stream#3 (KINESIS.md 28): a run stops after 3 of 10 records. The next
	// run delivers 4 to 9 and the following records, once each.
	sub := int64(3)
	inside := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "2", SubSequenceNumber: &sub}}
	resumed := func(t *testing.T, f *kinesistest.Fake, change func(*Options)) ([]string, *kinesistest.Memory, error) {
		t.Helper()
		m := kinesistest.NewMemory()
		m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: map[string]checkpoint.Shard{"a": inside}}}
		o := subOptions()
		o.Positions = m
		if change != nil {
			change(&o)
		}
		batches, err := collectRun(t.Context(), t, f, o)
		return strings.Fields(strings.Join(batches, " ")), m, err
	}
	rest := []string{"2.4", "2.5", "2.6", "2.7", "2.8", "2.9", `"3"`}
	records := func(t *testing.T) *kinesistest.Shard {
		return &kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}, Payloads: map[int][]byte{2: aggregate(t, "ten")}}
	}
	at, after := "GetShardIterator a AT_SEQUENCE_NUMBER 2", "GetShardIterator a AFTER_SEQUENCE_NUMBER 2"

	for _, test := range []struct {
		name  string
		hook  func(f *kinesistest.Fake) func(call, shard string) error
		calls []string // for iterators
	}{
		{"no failure", nil, []string{at}},
		// influxdata/telegraf#19505 (KINESIS.md 22): a new iterator begins after the last record
		// received, not where the run began.
		{"the iterator expires before the aggregate", func(f *kinesistest.Fake) func(string, string) error {
			return func(call, shard string) error {
				if call == "GetRecords" && len(f.Times(call, shard)) == 1 {
					return kinesistest.APIError("ExpiredIteratorException")
				}
				return nil
			}
		}, []string{at, at}},
		{"the iterator expires after the aggregate", func(f *kinesistest.Fake) func(string, string) error {
			return func(call, shard string) error {
				if call == "GetRecords" && len(f.Times(call, shard)) == 2 {
					return kinesistest.APIError("ExpiredIteratorException")
				}
				return nil
			}
		}, []string{at, after}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(records(t))
				f.Page = 1
				if test.hook != nil {
					f.Hook = test.hook(f)
				}
				got, m, err := resumed(t, f, nil)
				if err != nil || !slices.Equal(got, rest) || m.Position("a") != "AFTER_SEQUENCE_NUMBER 3" || m.File.Streams[0].Shards["a"].SubSequenceNumber != nil {
					t.Errorf("got %q, %v, position %s", got, err, m.Position("a"))
				}
				var iterators []string
				for _, c := range f.Calls {
					if call, _, _ := strings.Cut(c, " @"); strings.HasPrefix(call, "GetShardIterator") {
						iterators = append(iterators, call)
					}
				}
				if !slices.Equal(iterators, test.calls) {
					t.Errorf("asked for %q, want %q", iterators, test.calls)
				}
			})
		})
	}

	t.Run("stopped again before the first record", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(records(t))
			f.Hook = func(call, _ string) error {
				if call == "GetRecords" {
					return kinesistest.APIError("AccessDeniedException")
				}
				return nil
			}
			_, m, err := resumed(t, f, nil)
			if err == nil || !reflect.DeepEqual(m.File.Streams[0].Shards["a"].SubSequenceNumber, &sub) {
				t.Errorf("%v, position %+v", err, m.File.Streams[0].Shards["a"])
			}
		})
	})
	t.Run("a bound before the aggregate's arrival", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, m, err := resumed(t, kinesistest.NewFake(records(t)), func(o *Options) {
				o.AvailableNow, o.To = false, record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: kinesistest.Arrival(1)}}
			})
			if err != nil || !reflect.DeepEqual(m.File.Streams[0].Shards["a"].SubSequenceNumber, &sub) {
				t.Errorf("%v, position %+v", err, m.File.Streams[0].Shards["a"])
			}
		})
	})
	t.Run("the aggregate was trimmed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{3}, Payloads: map[int][]byte{3: aggregate(t, "ten")}})
			got, _, err := resumed(t, f, nil)
			if err != nil || len(got) != 10 {
				t.Errorf("got %q, %v, want all of the next one", got, err)
			}
		})
	})
	t.Run("the next run does not expand aggregates", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got, m, err := resumed(t, kinesistest.NewFake(records(t)), func(o *Options) { o.NoDeaggregate = true })
			want := &HalfReadError{Stream: "orders", Shard: "a", SequenceNumber: "2", SubSequenceNumber: 3}
			var half *HalfReadError
			if len(got) > 0 || !errors.As(err, &half) || *half != *want || len(m.Saved) > 0 {
				t.Errorf("got %q, %v, saved %d times", got, err, len(m.Saved))
			}
		})
	})
}

func TestCutsABlockInsideAnAggregate(t *testing.T) {
	resp := response(0, 10, 20, 30, 40)
	resp.Records[1].Data = aggregate(t, "mixed")
	resp.Records[2].Data = aggregate(t, "upper")
	resp.Continuation = "behind it all"
	lower := hashFilter{hashes: lineage.ParseHashKeyRange(lowerHalf), decided: true}
	encode := func(t *testing.T, f hashFilter, limit int64) *Block {
		t.Helper()
		e := newEncoder(subOptions().Encode)
		e.limit = limit
		return onlyBlock(t, newSlicer(e, resp, checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}, f))
	}
	position := func(b *Block) string {
		sub := ""
		if b.after.SubSequenceNumber != nil {
			sub = fmt.Sprint(" ", *b.after.SubSequenceNumber)
		}
		return fmt.Sprintf("%s %s%s", b.after.Kind, b.after.SequenceNumber, sub)
	}
	for _, test := range []struct {
		f        hashFilter
		n        int
		data     string
		position string
		dropped  int
	}{
		{hashFilter{}, 1, `"a"`, "AFTER_SEQUENCE_NUMBER 1", 0},
		{hashFilter{}, 2, `"a" 2.0`, "AT_SEQUENCE_NUMBER 2 0", 0},
		{hashFilter{}, 10, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8`, "AT_SEQUENCE_NUMBER 2 8", 0},
		{hashFilter{}, 11, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9`, "AFTER_SEQUENCE_NUMBER 2", 0},
		{hashFilter{}, 12, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.0`, "AT_SEQUENCE_NUMBER 3 0", 0},
		{lower, 3, `"a" 2.0 2.2`, "AT_SEQUENCE_NUMBER 2 2", 1},
		{lower, 6, `"a" 2.0 2.2 2.4 2.6 2.8`, "AFTER_SEQUENCE_NUMBER 2", 5},
	} {
		b := encode(t, test.f, int64(test.n))
		b.cut(test.n)
		if got := strings.TrimSpace(string(b.Data)); got != test.data || position(b) != test.position || b.dropped != test.dropped || b.Records != test.n {
			t.Errorf("cut at %d: got %s, %d records, %d dropped, position %s, want %s, %d dropped, position %s",
				test.n, got, b.Records, b.dropped, position(b), test.data, test.dropped, test.position)
		}
		if b.end || b.after.Continuation != "" {
			t.Errorf("cut at %d: end %t, continuation %q", test.n, b.end, b.after.Continuation)
		}
	}
	if b := encode(t, hashFilter{}, 0); len(b.marks) != 0 || b.Records != 22 {
		t.Errorf("without a limit: %d marks, %d records", len(b.marks), b.Records)
	}
	if b := encode(t, hashFilter{}, 5); len(b.marks) != 4 {
		t.Errorf("with a limit of 5: %d marks, want 4", len(b.marks))
	}
}

func TestDamagedAggregateLosesNoOtherRecords(t *testing.T) {
	ten := aggregate(t, "ten")
	broken := bytes.Clone(ten)
	broken[len(broken)-1] ^= 1
	resp := response(0, 10, 20, 30, 40, 50)
	resp.Records[1].Data = broken
	resp.Records[2].Data = ten[:len(ten)-1]
	resp.Records[3].Data = append(ten[:4:4], "fourteen bytes"...)
	b := onlyBlock(t, newSlicer(newEncoder(subOptions().Encode), resp, checkpoint.Shard{}, hashFilter{hashes: &lineage.HashKeyRange{}, decided: true}))
	want := fmt.Sprintf(`"a" %.20q %.20q %.20q "e" `, resp.Records[1].Data, resp.Records[2].Data, resp.Records[3].Data)
	if string(b.Data) != want || b.Records != 5 || b.after.SequenceNumber != "5" {
		t.Errorf("got %s, want %s", b.Data, want)
	}
}

// BenchmarkBlock encodes a page of 10 MB: of plain records, and of aggregates of 500 records.
func BenchmarkBlock(b *testing.B) {
	full := aggregate(b, "full")
	page := func(payload []byte) *Response {
		r := &Response{}
		for i := 0; i*len(payload) < 10_000_000; i++ {
			r.Records = append(r.Records, types.Record{SequenceNumber: aws.String("49590338271490256608559692538361571095921575989136588898"), PartitionKey: aws.String("k"), Data: payload})
		}
		return r
	}
	e := newEncoder(func(dst []byte, r record.Record) ([]byte, error) { return append(dst, r.Data...), nil })
	for _, bench := range []struct {
		name string
		r    *Response
		f    hashFilter
	}{
		{"plain", page(bytes.Repeat([]byte("x"), 1000)), hashFilter{}},
		{"aggregates", page(full), hashFilter{}},
		{"filtered", page(full), hashFilter{hashes: lineage.ParseHashKeyRange(lowerHalf), decided: true}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(10_000_000)
			for b.Loop() {
				allBlocks(b, newSlicer(e, bench.r, checkpoint.Shard{}, bench.f))
			}
		})
	}
}
