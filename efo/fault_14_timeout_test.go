package efo

import (
	"context"
	"errors"
	"testing"
	"time"

	"kin/internal/service"
)

// A run whose subscriptions had no answer has not done its work when its time is over;
// one whose subscriptions are open and silent has.
func TestFault14ATimeoutWithoutAnySubscriptionIsAFailure(t *testing.T) {
	for name, c := range map[string]struct {
		subscribes, fails bool
	}{"no answer": {false, true}, "an idle shard": {true, false}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(step{after: time.Hour}))
				r := newRun(s)
				r.reader.Timeout, r.reader.Began = 3*time.Second, time.Now()
				if !c.subscribes {
					r.o.Subscribe = func(ctx context.Context, _ *service.SubscribeToShardInput) (service.EventStream, error) {
						<-ctx.Done()
						return nil, ctx.Err()
					}
				}
				err := r.do(t.Context())
				var spent interface{ GaveUp() bool }
				if failed := errors.As(err, &spent) && spent.GaveUp(); failed != c.fails {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
