package writer

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

func TestBatchesFillToTheRequestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(1203))
		want := Summary{Read: 1203, Written: 1203, Bytes: 9 + 90*2 + 900*3 + 204*4, WrittenThrough: 1203}
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		equal(t, "requests", s.sizes(), []int{500, 500, 203})
		equal(t, "stored", s.stored, numbers(1, 1203))
		if first := s.requests[0].records[0]; first != "k:1" {
			t.Errorf("got %q, want k:1", first)
		}
	})
}

func TestBatchesStayBelowTheRequestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := make([]byte, 1<<20-1)
		s := &memoryStream{}
		got, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
			if i > 25 {
				return Record{}, io.EOF
			}
			return Record{PartitionKey: "k", Data: data}, nil
		}))
		if want := (Summary{Read: 25, Written: 25, Bytes: 25 * (1<<20 - 1), WrittenThrough: 25}); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		// Ten of them are 10 MiB exactly: the margin keeps the tenth out.
		equal(t, "requests", s.sizes(), []int{9, 9, 7})
	})
}

func TestEmptyInputWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(0))
		if err != nil || got != (Summary{}) || len(s.requests) != 0 {
			t.Errorf("got %+v, %v and %d requests, want nothing", got, err, len(s.requests))
		}
	})
}

func TestRecordsAreSentAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen service.PutRecordsInput
		s := &memoryStream{shards: []string{"shardId-000000000000"}, put: func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			seen = *in
			seen.Records = slices.Clone(in.Records)
			return nil, nil
		}}
		o := options()
		o.Stream = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
		_, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
			switch i {
			case 1:
				return Record{PartitionKey: "a"}, nil
			case 2:
				return Record{PartitionKey: "b", ExplicitHashKey: "0", Data: []byte{0, 255}}, nil
			}
			return Record{}, io.EOF
		}))
		if err != nil {
			t.Fatal(err)
		}
		if seen.StreamName != "" || seen.StreamARN != o.Stream {
			t.Errorf("stream %q, ARN %q, want the ARN alone", seen.StreamName, seen.StreamARN)
		}
		one, two := seen.Records[0], seen.Records[1]
		if one.Data == nil || len(one.Data) != 0 || one.ExplicitHashKey != nil || *one.PartitionKey != "a" {
			t.Errorf("got %+v, want key a, an empty payload that is not nil, no hash key", one)
		}
		if string(two.Data) != "\x00\xff" || *two.ExplicitHashKey != "0" {
			t.Errorf("got %+v, want the payload and hash key 0", two)
		}
	})
}

func TestAPartialBatchIsFlushedAfterTheLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		s := &memoryStream{put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			at = append(at, time.Since(began))
			return nil, nil
		}}
		// A line each 30 ms, as of a log: none waits longer than the linger.
		next := numbered(7)
		_, err := newWriter(t, s, options()).Run(t.Context(), func(ctx context.Context) (Record, error) {
			time.Sleep(30 * time.Millisecond)
			return next(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "requests", s.sizes(), []int{4, 3})
		equal(t, "times", at, []time.Duration{130 * time.Millisecond, 240 * time.Millisecond})
	})
}

func TestReadingGoesOnWhileARequestIsInFlightAndStopsWhenTheServiceIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &memoryStream{put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			<-release
			return nil, nil
		}}
		const most, each = bufferBytes >> 20, 1<<20 - 8 - queue.EntryOverhead
		data := make([]byte, each)
		var read atomic.Int64
		done := make(chan error)
		go func() {
			sum, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
				if read.Add(1) > 3*most {
					return Record{}, io.EOF
				}
				return Record{PartitionKey: strconv.Itoa(i), Data: data}, nil
			}))
			if sum.Written != 3*most {
				t.Errorf("%d written, want %d", sum.Written, 3*most)
			}
			done <- err
		}()
		synctest.Wait()
		// What the buffer holds, and a record that finds no room.
		if got := read.Load(); got != most+1 {
			t.Errorf("%d MiB were read while the service was silent, want %d", got, most+1)
		}
		if n := len(s.sizes()); n < 7 || n > options().InFlight {
			t.Errorf("%d requests in flight, want those of 64 MiB and no more than allowed", n)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestARecordThatCanNeverBeAcceptedEndsTheRunBehindThoseBefore(t *testing.T) {
	long := strings.Repeat("é", 257)
	for _, tt := range []struct {
		name string
		bad  Record
		err  error
		want string
	}{
		{"empty key", Record{}, nil, "record 3 rejected: the partition key is empty"},
		{"long key", Record{PartitionKey: long}, nil, "record 3 rejected: the partition key has 257 characters: want at most 256"},
		{"broken key", Record{PartitionKey: "\xff"}, nil, `record 3 rejected: partition key "\xff" is not valid UTF-8`},
		{"hash key", Record{PartitionKey: "k", ExplicitHashKey: "340282366920938463463374607431768211456"}, nil,
			`record 3 rejected: explicit hash key "340282366920938463463374607431768211456": want a decimal number from 0 to 2^128-1`},
		{"too large", Record{PartitionKey: "éé", Data: make([]byte, 1<<20-3)}, nil,
			"record 3 rejected: data and partition key have 1,048,577 bytes: the stream takes at most 1,048,576"},
		{"refused by the input", Record{}, Reject(errors.New("line 3: not JSON")), "record 3 rejected: line 3: not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{}
				got, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
					if i == 3 {
						return tt.bad, tt.err
					}
					return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i))}, nil
				}))
				want := Summary{Read: 3, Written: 2, Bytes: 2, Rejected: 1, WrittenThrough: 2}
				if got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				var rejected *RejectedError
				if !errors.As(err, &rejected) || rejected.First != 3 || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				equal(t, "stored", s.stored, numbers(1, 2))
			})
		})
	}
}

func TestWhatTheServiceAcceptsIsNotRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		records := []Record{
			{PartitionKey: strings.Repeat("é", 256), ExplicitHashKey: "340282366920938463463374607431768211455"},
			{PartitionKey: "k", ExplicitHashKey: "0"},
			{PartitionKey: "éé", Data: make([]byte, 1<<20-4)},
		}
		got, err := newWriter(t, &memoryStream{}, options()).Run(t.Context(), source(func(i int) (Record, error) {
			if i > len(records) {
				return Record{}, io.EOF
			}
			return records[i-1], nil
		}))
		if err != nil || got.Written != 3 {
			t.Errorf("got %+v, %v, want 3 written", got, err)
		}
	})
}

func TestExplicitHashKeys(t *testing.T) {
	for key, want := range map[string]bool{
		"": true, "0": true, "1": true, "340282366920938463463374607431768211455": true, "99999999999999999999999999999999999999": true,
		"00": false, "01": false, "-1": false, "+1": false, "1.0": false, " 1": false, "0x1": false,
		"340282366920938463463374607431768211456": false, "999999999999999999999999999999999999999": false, "1000000000000000000000000000000000000000": false,
	} {
		if validHashKey(key) != want {
			t.Errorf("%q: got %v, want %v", key, !want, want)
		}
	}
}

func TestAnErrorOfTheInputComesBackBehindWhatWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk on fire")
		s := &memoryStream{}
		got, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
			if i > 2 {
				return Record{}, broken
			}
			return Record{PartitionKey: "k", Data: []byte(strconv.Itoa(i))}, nil
		}))
		if want := (Summary{Read: 2, Written: 2, Bytes: 2, WrittenThrough: 2}); err != broken || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, broken)
		}
	})
}

func TestOptionsAreCheckedByName(t *testing.T) {
	for _, tt := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Stream = "" }, `stream: want one name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got ""`},
		{func(o *Options) { o.Stream = "a,b" }, `stream: want one name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got "a,b"`},
		{func(o *Options) { o.Stream = "arn:aws:s3:::b" }, `stream: want one name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got "arn:aws:s3:::b"`},
		{func(o *Options) { o.Linger = -1 }, "linger: want 0 or more"},
		{func(o *Options) { o.RetryFor = -1 }, "retry for: want 0 or more"},
		{func(o *Options) { o.Grace = -1 }, "grace: want 0 or more"},
	} {
		o := options()
		tt.change(&o)
		if w, err := New(&memoryStream{}, o); w != nil || err == nil || err.Error() != tt.want {
			t.Errorf("got %v, %v, want %s", w, err, tt.want)
		}
	}
}

func TestRandomKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		key := RandomKey()
		if seen[key] || len(key) == 0 || len(key) > 13 {
			t.Fatalf("key %q", key)
		}
		seen[key] = true
	}
}

// BenchmarkRun measures what the writer itself costs a record.
func BenchmarkRun(b *testing.B) {
	const records = 10_000
	data := make([]byte, 1000)
	o := options()
	o.Unshaped = true
	w, err := New(&sink{}, o)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(records * int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Run(b.Context(), source(func(i int) (Record, error) {
			if i > records {
				return Record{}, io.EOF
			}
			return Record{PartitionKey: RandomKey(), Data: data}, nil
		})); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAFullRequestDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		s := &memoryStream{put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			at = append(at, time.Since(began))
			return nil, nil
		}}
		next := numbered(501)
		i := 0
		o := options()
		o.Linger = time.Second
		_, err := newWriter(t, s, o).Run(t.Context(), func(ctx context.Context) (Record, error) {
			if i++; i > 501 {
				time.Sleep(5 * time.Second)
			}
			return next(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "requests", s.sizes(), []int{500, 1})
		equal(t, "times", at, []time.Duration{0, time.Second})
	})
}
