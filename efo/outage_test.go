package efo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/reader"
)

// listing is a service that counts its listings, and may fail to answer them.
type listing struct {
	*fakeService
	down  func() bool
	calls *atomic.Int64
}

func (l listing) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	l.calls.Add(1)
	time.Sleep(time.Second)
	if l.down() {
		return nil, errors.New("dial tcp: connection refused")
	}
	return l.fakeService.ListShards(ctx, in)
}

// After an outage the stream is listed once for all its shards, not once for each,
// whether they are open, or closed, or end with an answer that has no children.
func TestFault11AnOutageDoesNotListTheStreamForEachShard(t *testing.T) {
	const shards = 500
	for name, most := range map[string]int64{"open": 1, "closed": 60} {
		closed := name == "closed"
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "shardId-999999999999")
				began := time.Now()
				down := func() bool { d := time.Since(began); return d >= 10*time.Second && d < 30*time.Second }
				for i := range shards {
					id := fmt.Sprintf("shardId-%012d", i)
					shard := types.Shard{ShardId: aws.String(id)}
					again := sends(event(records(2, 2)))
					if closed {
						shard.SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
						again = sends(event(records(2, 2)), event(end()))
					}
					s.shards = append(s.shards, shard)
					s.script(id, sends(event(records(1, 1)), step{11 * time.Second, nil, errors.New("cut")}), again)
				}
				r := newRun(s)
				l := listing{s, down, &atomic.Int64{}}
				r.client, r.o.Subscribe = l, s.subscribeIf(down)
				r.reader.ShardFetchInterval = time.Hour
				r.doFor(5 * time.Minute)
				if n := strings.Count(r.text(), "1 ") + strings.Count(r.text(), "2 "); n != 2*shards {
					t.Errorf("%d records came, want %d", n, 2*shards)
				}
				// Nobody asks about open shards. About closed ones it is the attempts of one
				// listing during the outage, and one a second behind it.
				if n := l.calls.Load(); n > most {
					t.Errorf("ListShards was called %d times for %d shards", n, shards)
				}
			})
		})
	}
}

// A look at the consumer that was given up is no failure any more: it fails no
// later one, and ends with no later one.
func TestFault14ALookAtTheConsumerThatWasGivenUpIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		began := time.Now()
		down := func(from, until time.Duration) bool { d := time.Since(began); return d > from && d < until }
		s.script("a", idleFor(6*time.Minute), sends(event(quiet(3))))
		r := newRun(s)
		r.client = describing{s, func() error {
			if down(4*time.Minute, 6*time.Minute) {
				return errors.New("dial tcp: connection refused")
			}
			return nil
		}}
		// The shard cannot be reached for 30 s, after the look was given up.
		r.o.Subscribe = s.subscribeIf(func() bool { return down(6*time.Minute-time.Second, 6*time.Minute+29*time.Second+500*time.Millisecond) })
		r.reader.Timeout, r.reader.IdleTimeout = 9*time.Minute, time.Hour
		var late *reader.TimeoutError
		if err := r.do(t.Context()); !errors.As(err, &late) || late.Err != nil {
			t.Errorf("the run ended: %v, want that nothing failed at the time", err)
		}
		said := strings.Join(r.said, "\n")
		if !strings.Contains(said, "orders/a: connected again after ") || strings.Contains(said, "after 1m") || strings.Contains(said, "after 5m") {
			t.Errorf("said %q, want that the shard was connected again after its own outage", r.said)
		}
		if got := r.text(); got != "1 2 " {
			t.Errorf("got %q", got)
		}
	})
}
