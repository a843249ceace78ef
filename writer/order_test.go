package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
)

// fourShards are the shards of a service.
func fourShards() []string {
	var ids []string
	for i := range 4 {
		ids = append(ids, fmt.Sprintf("shardId-%012d", i))
	}
	return ids
}

// keyed is an input of n records over so many keys; the payload is KEY:NUMBER.
func keyed(n, keys int) func(context.Context) (Record, error) {
	return source(func(i int) (Record, error) {
		if i > n {
			return Record{}, io.EOF
		}
		key := "key-" + strconv.Itoa(i%keys)
		return Record{PartitionKey: key, Data: fmt.Appendf(nil, "%s:%d", key, i)}, nil
	})
}

// disorder is the first record in the stream that comes behind a later one of
// its key; twice the first that is there again.
func disorder(stored []string) (record string, twice string) {
	last, seen := map[string]int{}, map[string]bool{}
	for _, s := range stored {
		key, number, _ := strings.Cut(s, ":")
		n, _ := strconv.Atoi(number)
		switch {
		case seen[s]:
			twice = s
		case n < last[key]:
			record = s
		}
		seen[s] = true
		last[key] = max(last[key], n)
	}
	return record, twice
}

// failAtRandom fails requests and entries at random, after a while that differs.
func (s *memoryStream) failAtRandom(seed uint64) func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
		mu.Lock()
		took := time.Duration(random.IntN(200)) * time.Millisecond
		whole := random.IntN(10) == 0
		fails := map[int]string{}
		for i := range in.Records {
			if random.IntN(8) == 0 {
				fails[i] = "ProvisionedThroughputExceededException"
			}
		}
		mu.Unlock()
		time.Sleep(took)
		if whole {
			return nil, throttled()
		}
		return s.store(in, fails), nil
	}
}

// KINESIS.md 2.3: with Ordered the records of a key are in the stream in the
// order of the input, whatever fails.
func TestOrderedKeepsTheOrderOfEachKeyThroughFailures(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			s := &memoryStream{shards: fourShards()}
			s.put = s.failAtRandom(seed)
			o := options()
			o.Ordered = true
			got, err := newWriter(t, s, o).Run(t.Context(), keyed(2000, 37))
			if err != nil || got.Written != 2000 || got.WrittenThrough != 2000 || got.Retried == 0 || got.PossiblyTwice != 0 {
				t.Errorf("got %+v, %v, want 2,000 written, some of them retried", got, err)
			}
			if record, twice := disorder(s.stored); record != "" || twice != "" || len(s.stored) != 2000 {
				t.Errorf("%d stored, %q behind a later one of its key, %q twice", len(s.stored), record, twice)
			}
		})
	}
}

// The same keys without Ordered come in disorder: the test before can fail.
func TestFailuresDisorderTheRecordsOfAKeyWithoutOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()}
		s.put = s.failAtRandom(1)
		if _, err := newWriter(t, s, options()).Run(t.Context(), keyed(2000, 37)); err != nil {
			t.Fatal(err)
		}
		if record, _ := disorder(s.stored); record == "" {
			t.Error("every key is in order")
		}
	})
}

// What the package promises without Ordered: order holds while nothing fails,
// though several requests are in flight and overtake each other.
func TestTheRecordsOfAKeyKeepTheirOrderWhileNothingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(7, 7))
		s := &memoryStream{shards: fourShards()}
		flying, most := 0, 0
		s.put = func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			mu.Lock()
			took := time.Duration(random.IntN(300)) * time.Millisecond
			flying++
			most = max(most, flying)
			mu.Unlock()
			time.Sleep(took)
			mu.Lock()
			flying--
			mu.Unlock()
			return nil, nil
		}
		got, err := newWriter(t, s, options()).Run(t.Context(), keyed(8000, 500))
		if err != nil || got.Written != 8000 {
			t.Errorf("got %+v, %v, want 8,000 written", got, err)
		}
		if record, twice := disorder(s.stored); record != "" || twice != "" {
			t.Errorf("%q behind a later one of its key, %q twice", record, twice)
		}
		if most < 2 {
			t.Errorf("%d requests in flight, want several", most)
		}
	})
}

func TestOrderedIsRefusedWhereNothingHasAnOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{describe: described(types.StreamDescriptionSummary{RecordDistributionStrategy: types.RecordDistributionStrategyAuto})}
		o := options()
		o.Ordered = true
		_, err := newWriter(t, s, o).Run(t.Context(), numbered(1))
		var bad *record.OptionError
		if !errors.As(err, &bad) || bad.Field != "ordered" || len(s.requests) != 0 {
			t.Errorf("got %v, want an error about ordered", err)
		}
	})
}

// A stream with the strategy AUTO: no shards are asked for, no limits of theirs
// kept to, and records of one key go in several requests at a time.
func TestAStreamThatIgnoresKeysIsNotPredicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flying, most := 0, 0
		s := &memoryStream{shards: fourShards(), describe: described(types.StreamDescriptionSummary{RecordDistributionStrategy: types.RecordDistributionStrategyAuto})}
		s.put = func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			s.mu.Lock()
			flying++
			most = max(most, flying)
			s.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			s.mu.Lock()
			flying--
			s.mu.Unlock()
			return nil, nil
		}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(5000))
		if err != nil || got.Written != 5000 || got.Duration >= time.Second {
			t.Errorf("got %+v, %v, want 5,000 written at once", got, err)
		}
		if s.lists != 0 || most < 2 {
			t.Errorf("shards listed %d times, %d requests in flight, want none and several", s.lists, most)
		}
	})
}

func described(d types.StreamDescriptionSummary) func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
	return func(context.Context) (*service.DescribeStreamSummaryOutput, error) {
		return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &d}, nil
	}
}
