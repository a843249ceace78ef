package service

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// named adds the name of a call to an error.
func named(err error) error { return &CallError{Call: "ListShards", Stream: "orders", Err: err} }

// An endpoint accepts the connection and never answers. kin reports it during the first
// attempt, and StartTimeout ends that attempt.
func TestFault14AnEndpointThatNeverAnswersIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages lines
		r := NewRetries(messages.add, nil)
		calls := 0
		_, err := Retry(t.Context(), r, StartTimeout, named, func(ctx context.Context) (int, error) {
			calls++
			return Attempt(ctx, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, &CallError{Call: "ListShards", Stream: "orders", Err: ctx.Err()}
			})
		})
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || err.Error() != "gave up after 30s: ListShards for stream orders: no answer in time" || calls != 1 {
			t.Errorf("%d calls, then %v", calls, err)
		}
		if !strings.HasPrefix(strings.Join(messages.all, "\n"), "still trying: ListShards for stream orders: no answer from the service for 5s") {
			t.Errorf("messages %q", strings.Join(messages.all, "\n"))
		}
	})
}

// If StartTimeout ends the last attempt, the error is that of the attempt before, which
// explains more.
func TestFault14TheErrorBeforeACutOffAttemptIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		_, err := Retry(t.Context(), NewRetries(nil, nil), StartTimeout, named, func(ctx context.Context) (int, error) {
			if calls++; calls == 1 {
				return 0, refusedConnection()
			}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if err == nil || !strings.HasPrefix(err.Error(), "gave up after 30s: ") || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("got %v", err)
		}
	})
}

// If an attempt timed out before StartTimeout, its error is returned and not the one before.
func TestFault14TheErrorOfAnAttemptThatHungIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages lines
		calls := 0
		_, err := Retry(t.Context(), NewRetries(messages.add, nil), StartTimeout, named, func(ctx context.Context) (int, error) {
			if calls++; calls == 1 {
				return 0, refusedConnection()
			}
			return AttemptUntil(ctx, time.Now().Add(10*time.Second), func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, &CallError{Call: "ListShards", Stream: "orders", Err: ctx.Err()}
			})
		})
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || err.Error() != "gave up after 30s: ListShards for stream orders: no answer in time" {
			t.Errorf("got %v", err)
		}
	})
}

// The time of earlier calls counts towards the limit. New items restore the whole limit.
func TestFault14TimeSpentByEarlierCallsIsCounted(t *testing.T) {
	for _, pages := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			r := NewRetries(nil, nil)
			r.Spent = 20 * time.Second
			began := time.Now()
			_, err := RetryPaged(t.Context(), r, StartTimeout, named, func(ctx context.Context, a *Allowance) (int, error) {
				a.Advanced(pages)
				return 0, refusedConnection()
			})
			want := StartTimeout - r.Spent
			if pages > 0 {
				want = StartTimeout
			}
			if took := time.Since(began); err == nil || !strings.HasPrefix(err.Error(), "gave up after 30s: ") || took != want {
				t.Errorf("%d pages: after %s %v, want after %s", pages, took, err, want)
			}
		})
	}
}
