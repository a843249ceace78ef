package reader

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/servertime"
)

func response(behind int64, arrivals ...int) *Response {
	r := &Response{MillisBehindLatest: aws.Int64(behind), ServerTime: time.Unix(100, 0)}
	for i, at := range arrivals {
		r.Records = append(r.Records, types.Record{
			SequenceNumber: aws.String(string(rune('1' + i))), PartitionKey: aws.String("k"), Data: []byte{byte('a' + i)},
			ApproximateArrivalTimestamp: aws.Time(time.Unix(int64(at), 0)),
		})
	}
	return r
}

// encodeBlock encodes a response of a shard that is read up to until. It returns whether some of
// its records are held back.
func encodeBlock(t *testing.T, r *Response, until time.Time) (*Block, bool) {
	t.Helper()
	e := newEncoder(func(dst []byte, r record.Record) ([]byte, error) { return append(dst, r.Data...), nil })
	s := newSlicer(e, r, checkpoint.Shard{Parents: []string{"p"}, Position: record.Position{Kind: record.TrimHorizon}}, hashFilter{})
	boundBy(s, until)
	return onlyBlock(t, s), s.held
}

// boundBy limits a slicer to the records of its response that are within a bound.
func boundBy(s *slicer, until time.Time) {
	run := streamOf(&session{o: testOptions(), dates: &servertime.Check{}, clock: until, local: time.Now()})
	run.until = until
	found := run.cut(&lateRecords{}, &lineage.Shard{ID: "a"}, s.resp)
	resp := *s.resp
	resp.Records = resp.Records[:found.records]
	s.resp, s.held = &resp, found.held
}

func newEncoder(encode func([]byte, record.Record) ([]byte, error)) *encoder {
	return &encoder{encode: encode, maxBlock: maxBatchBytes, slots: make(chan struct{}, 1)}
}

// newSlicer encodes a response of orders/a.
func newSlicer(e *encoder, resp *Response, before checkpoint.Shard, f hashFilter) *slicer {
	return &slicer{e: e, stream: "orders", shard: "a", resp: resp, before: before, at: before, filter: f,
		undivided: func(record.Record, int) {}, badKey: func(record.Record) {}}
}

// allBlocks encodes the rest of a response.
func allBlocks(t testing.TB, s *slicer) []*Block {
	t.Helper()
	for blocks := []*Block(nil); ; {
		b, err := s.slice(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if blocks = append(blocks, b); !b.more {
			return blocks
		}
	}
}

// onlyBlock encodes a response that is one block.
func onlyBlock(t testing.TB, s *slicer) *Block {
	t.Helper()
	blocks := allBlocks(t, s)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks, want one", len(blocks))
	}
	return blocks[0]
}

func TestBlockEndsBeforeTheFirstRecordBeyondTheBound(t *testing.T) {
	until := time.Unix(50, 0)
	b, reached := encodeBlock(t, response(0, 10, 50, 51, 60), until)
	if string(b.Data) != "ab" || !reached || b.after.SequenceNumber != "2" {
		t.Errorf("got %q, reached %t, position %+v", b.Data, reached, b.after)
	}
	if !b.after.ReadThrough.Equal(until) {
		t.Errorf("read through %s, want the last record's arrival", b.after.ReadThrough)
	}

	// No record up to the bound: the position does not move.
	b, reached = encodeBlock(t, response(0, 51), until)
	if len(b.Data) != 0 || !reached || b.after.Kind != record.TrimHorizon {
		t.Errorf("got %q, reached %t, position %+v", b.Data, reached, b.after)
	}
}

func TestBoundBeforeTheEndKeepsTheShardOpen(t *testing.T) {
	r := response(0, 10, 60)
	r.End = true
	b, reached := encodeBlock(t, r, time.Unix(50, 0))
	if b.end || !reached || b.after.Kind != record.AfterSequenceNumber {
		t.Errorf("end %t, reached %t, position %+v", b.end, reached, b.after)
	}
	b, _ = encodeBlock(t, r, time.Time{})
	if !b.end || b.after.Kind != record.ShardEnd || b.after.SequenceNumber != "2" {
		t.Errorf("end %t, position %+v", b.end, b.after)
	}
}

func TestEmptyResponseMovesReadThroughOnly(t *testing.T) {
	b, _ := encodeBlock(t, response(4000), time.Time{})
	want := checkpoint.Shard{
		Parents: []string{"p"}, Position: record.Position{Kind: record.TrimHorizon},
		ReadThrough: record.Time{Time: time.Unix(96, 0)}, UpdatedAt: record.Time{Time: time.Unix(100, 0)},
	}
	if b.after.Kind != want.Kind || !b.after.ReadThrough.Equal(want.ReadThrough.Time) || !b.after.UpdatedAt.Equal(want.UpdatedAt.Time) {
		t.Errorf("position %+v, want %+v", b.after, want)
	}
}

func TestBoundMet(t *testing.T) {
	until := time.Unix(99, 0)
	for _, test := range []struct {
		name string
		r    *Response
		want bool
	}{
		{"empty at the tip", response(0), true},
		{"a page with records at the tip: some endpoints say 0 with more unread", response(0, 10), false},
		{"empty, but behind", response(4000), false},
		{"empty, and the remaining records are later", response(1000), true},
		{"empty, and the remaining records may be earlier", response(1001), false},
		{"a page with records: some endpoints count from its last one", response(1000, 10), false},
		{"empty, without MillisBehindLatest", &Response{}, true},
		{"the end of the shard: its children decide", &Response{End: true}, false},
	} {
		s := streamOf(&session{o: bounded()})
		s.until = until
		open := &lineage.Shard{ID: "a"}
		s.lineage.Shards["a"], s.listed = open, map[string]bool{"a": true}
		if got := s.boundMet(open, test.r); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
