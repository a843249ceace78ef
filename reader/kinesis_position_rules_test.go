package reader

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
)

func TestRule1_6_RetriesARefusedTimeOrIterator(t *testing.T) {
	// A time may be in the future of the host that answers, and an iterator may have become
	// invalid. A refused sequence number stays refused.
	for _, call := range []string{"GetShardIterator", "GetRecords"} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Fault(call + "=InvalidArgumentException*2")
				s.Meanwhile(func() {
					time.Sleep(time.Minute)
					s.Put(0, "1")
				})
				o := testOptions()
				o.InitialPosition = record.Position{Kind: record.Latest}
				got, err := readFor(t, s, 2*time.Minute, o)
				s.Must(err)
				once(t, got, []string{"1"})
			})
		})
	}
}

func TestRule1_6_NeverRequestsAFutureTime(t *testing.T) {
	// Latest is the time of the first answer, whatever this process's clock is.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		checked := 0
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if strings.HasPrefix(call, "GetShardIterator") {
				checked++
			}
			return nil
		}}
		o, m := testOptions(), kinesistest.NewMemory()
		o.InitialPosition, o.Positions = record.Position{Kind: record.Latest}, m
		time.Sleep(700 * time.Millisecond) // a Date is cut to the second
		started := s.Now()
		_, err := readFor(t, w, time.Second, o)
		s.Must(err)
		at := m.Saved[0].Streams[0].Shards[families.ShardName(0)].Timestamp
		if at.After(started) || started.Sub(at.Time) >= time.Second || checked != 1 {
			t.Errorf("began at %s, want the second of %s; %d iterators", at, started, checked)
		}
	})
}

func TestRule1_7_RefusesAForeignSequenceNumber(t *testing.T) {
	// A number of another shard, and one of an earlier stream with the same name. Neither may be
	// read as the start of the shard.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, "1")
		s.Put(1, "2")
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		got, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		once(t, got, []string{"1", "2"})
		shards := m.File.Streams[0].Shards
		foreign := shards[families.ShardName(1)]
		foreign.SequenceNumber = shards[families.ShardName(0)].SequenceNumber
		shards[families.ShardName(1)] = foreign
		got, err = readFor(t, s, time.Minute, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || len(got) > 0 {
			t.Errorf("got %q, %v, want it refused", got, err)
		}
	})
}

func TestRule1_7_ResumesFromATrimmedPosition(t *testing.T) {
	for _, trimmed := range []local.Trimmed{local.TrimmedOldest, local.TrimmedError, local.TrimmedEmpty} {
		t.Run(string(trimmed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{Trimmed: trimmed})
				s.Put(0, "1")
				time.Sleep(2 * time.Second)
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				read := func(want ...string) {
					t.Helper()
					got, err := readFor(t, s, time.Hour, o)
					s.Must(err)
					once(t, got, want)
				}
				read("1")

				// Quiet for two days, and read twice a day: no gap, although the last record has
				// expired.
				for range 4 {
					time.Sleep(12 * time.Hour)
					read()
				}
				s.Put(0, "2", "3")
				time.Sleep(2 * time.Second)
				read("2", "3")

				// Not read for longer than the retention period.
				s.Put(0, "4")
				time.Sleep(25 * time.Hour)
				s.Put(0, "5")
				time.Sleep(2 * time.Second)
				got, err := readFor(t, s, time.Hour, o)
				var loss *DataLossError
				if !errors.As(err, &loss) || len(got) > 0 {
					t.Fatalf("got %q, %v, want a report of the gap", got, err)
				}
				o.AllowDataLoss = true
				read("5")
			})
		})
	}
}

func TestRule1_12_PositionsNeverMoveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, numbers(1, 40)...)
		s.Put(1, numbers(41, 80)...)
		s.Split(1)
		s.Put(2, "81")
		s.Put(3, "82")
		time.Sleep(2 * time.Second)
		for _, fault := range []string{"expired-iterator@0.3", "ProvisionedThroughputExceededException@0.1", "cut@0.2", "InternalFailure@0.2"} {
			s.Fault("GetRecords=" + fault)
		}
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 3, time.Millisecond
		got, err := readFor(t, s, time.Hour, o)
		s.Must(err)
		once(t, got, numbers(1, 82))
		last := map[string]checkpoint.Shard{}
		for _, saved := range m.Saved {
			for id, at := range last {
				now, known := saved.Streams[0].Shards[id]
				switch {
				case !known, at.Kind == record.ShardEnd && now.Kind != record.ShardEnd, less(now.SequenceNumber, at.SequenceNumber):
					t.Errorf("%s went from %s to %s", id, describe(at), describe(now))
				}
			}
			last = saved.Streams[0].Shards
		}
		if n := len(m.Saved); n < 20 {
			t.Errorf("saved %d times", n)
		}
	})
}

// less compares sequence numbers; a missing one is the smallest.
func less(a, b string) bool {
	x, _ := new(big.Int).SetString("0"+a, 10)
	y, _ := new(big.Int).SetString("0"+b, 10)
	return x.Cmp(y) < 0
}

func TestRule1_12_SavesWrittenRecordsWhenTheRunEnds(t *testing.T) {
	// The run is stopped while a batch is being written, and the write succeeds.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}})
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions = m
		ctx, stop := context.WithCancel(t.Context())
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Run(ctx, HandlerOf(func(*Batch) error {
			stop()
			synctest.Wait()
			return nil
		}))
		if !errors.Is(err, context.Canceled) || m.Position("a") != "AFTER_SEQUENCE_NUMBER 3" {
			t.Errorf("%v, position %s", err, m.Position("a"))
		}
	})
}

func TestRule1_12_RefusesARecreatedStream(t *testing.T) {
	// There is no sequence number that the service could refuse: the creation times decide.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		_, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		_, err = s.SDK.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("orders")})
		s.Must(err)
		time.Sleep(2 * time.Second)
		_, err = s.SDK.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
		s.Must(err)
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		saves := len(m.Saved)
		got, err := readFor(t, s, time.Minute, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || len(got) > 0 || len(m.Saved) != saves || m.Position(families.ShardName(0)) != "TRIM_HORIZON" {
			t.Errorf("got %q, %v, position %s, want it refused and the positions as they were", got, err, m.Position(families.ShardName(0)))
		}
	})
}
