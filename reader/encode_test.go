package reader

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kpl"
	"kin/internal/lineage"
	"kin/internal/record"
)

// users is an aggregate of n records with the payloads NAME-0, NAME-1, ...
func users(name string, n int) []byte {
	var all []kpl.Record
	for i := range n {
		all = append(all, kpl.Record{PartitionKey: "k", Data: fmt.Appendf(nil, "%s-%d", name, i)})
	}
	return kpl.Aggregate(nil, all)
}

// spaced encodes a record as its payload and a space.
func spaced(dst []byte, r record.Record) ([]byte, error) {
	return append(append(dst, r.Data...), ' '), nil
}

func positionOf(at checkpoint.Shard) string {
	s := string(at.Kind) + " " + at.SequenceNumber
	if at.SubSequenceNumber != nil {
		s += fmt.Sprint(" ", *at.SubSequenceNumber)
	}
	return s
}

func TestFault16EncodesAResponseInSlices(t *testing.T) {
	resp := response(500, 10, 20, 30, 40)
	resp.Records[1].Data, resp.Records[2].Data = users("x", 7), users("y", 1)
	resp.Continuation, resp.End = "behind it all", true
	before := checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}, Parents: []string{"p"}}
	encoder := newEncoder(spaced)
	want := string(onlyBlock(t, newSlicer(encoder, resp, before, hashFilter{})).Data)

	for most := range 600 {
		e := newEncoder(spaced)
		e.maxBlock = most
		blocks := allBlocks(t, newSlicer(e, resp, before, hashFilter{}))
		var got string
		for i, b := range blocks {
			got += string(b.Data)
			if last := i == len(blocks)-1; last != b.end || last != (b.after.Continuation != "") || last == b.more {
				t.Fatalf("most %d: block %d of %d: end %t, continuation %q, more %t", most, i, len(blocks), b.end, b.after.Continuation, b.more)
			}
			if b.more && (b.after.Kind == record.ShardEnd || b.after.ReadThrough.After(time.Unix(40, 0)) || !slices.Equal(b.after.Parents, []string{"p"})) {
				t.Fatalf("most %d: block %d: after %+v", most, i, b.after)
			}
			if !b.more {
				continue
			}
			// A run that resumes here encodes the rest, once.
			rest := *resp
			for rest.Records[0].SequenceNumber != nil && *rest.Records[0].SequenceNumber != b.after.SequenceNumber {
				rest.Records = rest.Records[1:]
			}
			if b.after.Kind == record.AfterSequenceNumber {
				rest.Records = rest.Records[1:]
			}
			if again := string(onlyBlock(t, newSlicer(encoder, &rest, b.after, hashFilter{})).Data); got+again != want {
				t.Fatalf("most %d: from %s: %q, want what follows %q", most, positionOf(b.after), again, got)
			}
		}
		if got != want {
			t.Fatalf("most %d: got %q, want %q", most, got, want)
		}
		if most == 0 && len(blocks) != 10 {
			t.Errorf("%d blocks where each holds one record", len(blocks))
		}
	}
}

func TestFault16CutsASliceInsideAnAggregate(t *testing.T) {
	resp := response(0, 10, 20)
	resp.Records[0].Data = users("x", 9)
	e := newEncoder(spaced)
	e.maxBlock, e.limit = encodedSize("k", []byte("x-0"))+12, 100 // four records
	s := newSlicer(e, resp, checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}, hashFilter{})
	b, err := s.slice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := b.Records
	if b, err = s.slice(t.Context()); err != nil || b.Records < 2 || !b.more {
		t.Fatalf("%+v, %v", b, err)
	}
	b.cut(b.Records - 1)
	if want := fmt.Sprintf("AT_SEQUENCE_NUMBER 1 %d", n+b.Records-1); positionOf(b.after) != want || b.end {
		t.Errorf("position %s, want %s", positionOf(b.after), want)
	}
}

// Many shards whose responses expand to many times the buffer at once. All of them proceed, every
// record is in order, and a limit and a slow handler change nothing.
func TestFault16ExpandingResponsesDoNotDeadlock(t *testing.T) {
	for _, limit := range []int64{0, 2500} {
		for _, buffer := range []int64{1, 200_000, 4 << 20} {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake()
				for i := range 8 {
					id := fmt.Sprint("shard-", i)
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: id, Records: []int{1, 2, 3}, Payloads: map[int][]byte{1: users(id+"-a", 300), 2: users(id+"-b", 300), 3: users(id+"-c", 1)}})
				}
				o := bounded()
				o.FetchBufferSize, o.Limit = buffer, limit
				o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
					return fmt.Appendf(dst, "%s %s\n", r.Data, strings.Repeat("x", 2000)), nil
				}
				m := kinesistest.NewMemory()
				o.Positions = m
				got := map[string][]string{}
				n := 0
				r, err := New(f, o)
				if err != nil {
					t.Fatal(err)
				}
				err = r.Run(t.Context(), HandlerOf(func(b *Batch) error {
					time.Sleep(10 * time.Millisecond)
					for _, block := range b.Blocks {
						if cap(block.Data) > 2*maxSlice(buffer) {
							t.Errorf("a block of %d bytes", cap(block.Data))
						}
						for line := range strings.Lines(string(block.Data)) {
							word, _, _ := strings.Cut(line, " ")
							got[block.ShardID] = append(got[block.ShardID], word)
							n++
						}
					}
					return nil
				}))
				want := 8 * 601
				if limit > 0 {
					want = int(limit)
				}
				if err != nil || n != want {
					t.Fatalf("buffer %d: %d records, want %d, %v", buffer, n, want, err)
				}
				for id, words := range got {
					for i, word := range words {
						in, of := i, "a"
						if i >= 600 {
							in, of = 0, "c"
						} else if i >= 300 {
							in, of = i-300, "b"
						}
						if w := fmt.Sprintf("%s-%s-%d", id, of, in); word != w {
							t.Fatalf("buffer %d: record %d of %s is %s, want %s", buffer, i, id, word, w)
						}
					}
					after := m.File.Streams[0].Shards[id]
					if limit == 0 && positionOf(after) != "AFTER_SEQUENCE_NUMBER 3" {
						t.Errorf("%s is at %s", id, positionOf(after))
					}
				}
			})
		}
	}
}

func TestFault16SliceBeforeTheLastIsNotAtTheTip(t *testing.T) {
	r := runOf(&session{})
	r.streams[0].found = []*lineage.Shard{{ID: "a"}}
	c := &collector{run: r, statuses: newShardStatuses(r)}
	c.statuses.update(&Block{Stream: "orders", ShardID: "a", behind: aws.Int64(0), more: true}, startedAt)
	if c.allAtTip() {
		t.Error("a slice counts as the tip")
	}
	c.statuses.update(&Block{Stream: "orders", ShardID: "a", behind: aws.Int64(0)}, startedAt)
	if !c.allAtTip() {
		t.Error("the last slice does not")
	}
}

// repeated is an aggregate of n records of one key with the same payload.
func repeated(key string, n int, data string) []byte {
	field := func(dst []byte, id protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(dst, id, protowire.BytesType), b)
	}
	user := field([]byte{0x08, 0x00}, 3, []byte(data))
	message := field(nil, 1, []byte(key))
	for range n {
		message = field(message, 3, user)
	}
	sum := md5.Sum(message)
	return append(append([]byte{0xF3, 0x89, 0x9A, 0xC2}, message...), sum[:]...)
}

func TestFault16DoesNotExpandAnAggregateTooFar(t *testing.T) {
	key := strings.Repeat("\x01", 256)
	for _, test := range []struct {
		name    string
		payload []byte
		whole   bool
	}{
		{"one long key and 170,000 empty records", repeated(key, 170_000, ""), true},
		{"a short key", repeated("k", 170_000, ""), false},
		{"less than 64 MiB", repeated(key, 35_000, ""), false},
		{"payloads larger than the rest of the line", repeated(key, 60_000, "12345678"), false},
		{"control characters", repeated("k", 9, strings.Repeat("\x01", 1_000_000)), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}, Payloads: map[int][]byte{1: test.payload, 2: test.payload}})
			o := bounded()
			var log messageLog
			o.Info = log.add
			o.Line = func(dst []byte, r record.Record) ([]byte, error) { // every control character is escaped
				return append(append(append(dst, strings.Repeat("x", 290)...), strings.Repeat(r.PartitionKey, 6)...), strings.Repeat("x", 6*len(r.Data))...), nil
			}
			o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
				if !r.Aggregated {
					return append(dst, "1"...), nil
				}
				return append(dst, "."...), nil
			}
			batches, err := collectRun(t.Context(), t, f, o)
			got := strings.Join(batches, "")
			if whole := got == "111"; err != nil || whole != test.whole {
				t.Errorf("%s: %d records, %v", test.name, len(got), err)
			}
			if n := len(log.lines); n > 1 || (n == 1) != test.whole {
				t.Errorf("%s: messages %q", test.name, log.lines)
			}
		})
	}
}

func TestFault08PrintsRecordsWithBadKeys(t *testing.T) {
	payload := kpl.Aggregate(nil, []kpl.Record{
		{PartitionKey: "a", Data: []byte("0")}, {PartitionKey: "\xff", Data: []byte("1")}, {PartitionKey: strings.Repeat("x", 257), ExplicitHashKey: "7", Data: []byte("2")},
		{PartitionKey: "b", ExplicitHashKey: "-1", Data: []byte("3")}, {PartitionKey: "c", ExplicitHashKey: "8", Data: []byte("4")},
	})
	for _, filter := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "s", Records: []int{1, 2}, Payloads: map[int][]byte{1: payload}, Hashes: upperHalf})
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions, o.HashFilter = m, filter
			var log messageLog
			o.Info = log.add
			o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
				return fmt.Appendf(dst, "%d/%s/%s/%s ", r.SubSequenceNumber, r.PartitionKey, r.ExplicitHashKey, r.Data), nil
			}
			batches, err := collectRun(t.Context(), t, f, o)
			want := []string{"0/a//0", "1/k//1", "2/k/7/2", "3/b//3", "4/c/8/4", "0/k//2"}
			if filter { // "a", 7 and 8 are in the lower half; the other hash keys are not known
				want = []string{"1/k//1", "3/b//3", "0/k//2"}
			}
			if got := strings.Fields(strings.Join(batches, " ")); err != nil || !slices.Equal(got, want) || m.Position("s") != "AFTER_SEQUENCE_NUMBER 2" {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
			bad := 3
			if filter {
				bad = 2
			}
			for _, want := range []string{
				"orders/s: the aggregate with sequence number 1 has a key that Kinesis does not accept (sub-sequence number 1): for such records kin uses the aggregate's partition key and no explicit hash key",
				fmt.Sprintf("orders: %d records of aggregates had keys that Kinesis does not accept: kin used the aggregates' partition keys", bad),
			} {
				if !slices.Contains(log.lines, want) {
					t.Errorf("messages %q, want %q", log.lines, want)
				}
			}
		})
	}
}

func TestFault09EncodingStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEncoder(spaced)
		if err := e.acquire(t.Context()); err != nil { // and never released
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		got := make(chan error)
		go func() {
			_, err := newSlicer(e, response(0, 1), checkpoint.Shard{}, hashFilter{}).slice(ctx)
			got <- err
		}()
		synctest.Wait()
		stopped := errors.New("stopped")
		cancel(stopped)
		if err := <-got; !errors.Is(err, stopped) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestFault16ResponseGoesBeforeFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(100)
		if err := b.Reserve(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		b.put(&Block{Data: make([]byte, 90)}, 0, false)
		took := make(chan string, 3)
		wait := func(name string, take func(context.Context, int64) error) {
			go func() {
				if err := take(t.Context(), 50); err != nil {
					t.Error(err)
				}
				took <- name
			}()
			synctest.Wait()
		}
		wait("fetch", b.Reserve)
		wait("slice", b.reserveSlice)
		wait("slice", b.reserveSlice)
		if len(took) != 0 || !b.full() {
			t.Fatal("took room that there is not")
		}
		block, _ := b.take()
		b.written([]*Block{block}) // only the slices can release room now
		synctest.Wait()
		if len(took) != 1 || <-took != "slice" {
			t.Fatal("want one slice, beyond the bound")
		}
		b.put(&Block{}, 50, true)
		block, _ = b.take()
		b.written([]*Block{block})
		b.Release(100)
		synctest.Wait()
		if first, second := <-took, <-took; first != "slice" || second != "fetch" {
			t.Errorf("%s, then %s", first, second)
		}
	})
}

func TestFault16ResponseReservesNoMoreThanItNeeds(t *testing.T) {
	for _, taken := range []int64{0, 300, 1 << 20, inFlight * maxResponse} {
		b := newBuffer(16_000_000)
		if err := b.Reserve(t.Context(), taken); err != nil {
			t.Fatal(err)
		}
		resp := response(0, 10, 20)
		resp.Reserved = taken
		h := newReservation(b, resp)
		size := responseSize(resp.Records)
		if b.used != h.response+h.spare || h.response != size || b.used > inFlight*size {
			t.Errorf("taken %d: %d used, %d for the response and %d to spare", taken, b.used, h.response, h.spare)
		}
		if err := h.reserve(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		h.put(&Block{})
		if block, _ := b.take(); b.used != block.reserved {
			t.Errorf("taken %d: %d used after it, and the block has %d", taken, b.used, block.reserved)
		}
	}
}
