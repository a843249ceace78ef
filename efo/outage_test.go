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

// countingLister counts ListShards calls, and fails them while down.
type countingLister struct {
	*fakeService
	down  func() bool
	calls *atomic.Int64
}

func (l countingLister) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	l.calls.Add(1)
	time.Sleep(time.Second)
	if l.down() {
		return nil, errors.New("dial tcp: connection refused")
	}
	return l.fakeService.ListShards(ctx, in)
}

// After an outage the stream is listed once for all its shards. It does not matter whether they are
// open, closed, or end without children.
func TestFault11OutageListsTheStreamOnceForAllShards(t *testing.T) {
	const shards = 500
	for name, most := range map[string]int64{"open": 1, "closed": 60} {
		closed := name == "closed"
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "shardId-999999999999")
				began := time.Now()
				down := func() bool { d := time.Since(began); return d >= 10*time.Second && d < 30*time.Second }
				for i := range shards {
					id := fmt.Sprintf("shardId-%012d", i)
					shard := types.Shard{ShardId: aws.String(id)}
					again := sends(sendsEvent(records(2, 2)))
					if closed {
						shard.SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
						again = sends(sendsEvent(records(2, 2)), sendsEvent(endEvent()))
					}
					s.shards = append(s.shards, shard)
					s.script(id, sends(sendsEvent(records(1, 1)), step{11 * time.Second, nil, errors.New("cut")}), again)
				}
				r := newRun(s)
				l := countingLister{s, down, &atomic.Int64{}}
				r.client, r.o.Subscribe = l, s.subscribeIf(down)
				r.reader.ShardFetchInterval = time.Hour
				r.doFor(5 * time.Minute)
				if n := strings.Count(r.text(), "1 ") + strings.Count(r.text(), "2 "); n != 2*shards {
					t.Errorf("%d records came, want %d", n, 2*shards)
				}
				// Open shards need no list. Closed shards need the attempts of one list during the
				// outage, and one list a second after it.
				if n := l.calls.Load(); n > most {
					t.Errorf("ListShards was called %d times for %d shards", n, shards)
				}
			})
		})
	}
}

// Once kin has abandoned a check of the consumer, its failure no longer counts. It does not end the
// run, and a later success does not report it as over.
func TestFault14AbandonedConsumerCheckDoesNotFailTheRun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		began := time.Now()
		down := func(from, until time.Duration) bool { d := time.Since(began); return d > from && d < until }
		s.script("a", idleFor(6*time.Minute), sends(sendsEvent(emptyEvent(3))))
		r := newRun(s)
		r.client = failingDescribe{s, func() error {
			if down(4*time.Minute, 6*time.Minute) {
				return errors.New("dial tcp: connection refused")
			}
			return nil
		}}
		// The shard cannot be reached for 30 s, after kin abandoned the check.
		r.o.Subscribe = s.subscribeIf(func() bool { return down(6*time.Minute-time.Second, 6*time.Minute+29*time.Second+500*time.Millisecond) })
		r.reader.Timeout, r.reader.IdleTimeout = 9*time.Minute, time.Hour
		var timeout *reader.TimeoutError
		if err := r.do(t.Context()); !errors.As(err, &timeout) || timeout.Err != nil {
			t.Errorf("the run ended: %v, want that nothing failed at the time", err)
		}
		messages := strings.Join(r.messages, "\n")
		if !strings.Contains(messages, "orders/a: connected again after ") || strings.Contains(messages, "after 1m") || strings.Contains(messages, "after 5m") {
			t.Errorf("messages %q, want that the shard was connected again after its own outage", r.messages)
		}
		if got := r.text(); got != "1 2 " {
			t.Errorf("got %q", got)
		}
	})
}
