package service

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// named puts the name of a call on an error.
func named(err error) error { return &CallError{Call: "ListShards", Stream: "orders", Err: err} }

// An endpoint that accepts and never answers: a person hears of it while the first attempt
// is still under way, and the time of the start bounds that attempt.
func TestFault14AnEndpointThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said lines
		r := NewRetries(said.add, nil)
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
		if !strings.HasPrefix(strings.Join(said.all, "\n"), "still trying: ListShards for stream orders: no answer from the service for 5s") {
			t.Errorf("said %q", strings.Join(said.all, "\n"))
		}
	})
}

// The last attempt is cut short by the time of the start: the failure before says more.
func TestFault14TheFailureBeforeTheLastAttemptIsNamed(t *testing.T) {
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

// An attempt that hung before the time was over says more than the failure before it.
func TestFault14AnAttemptThatHungIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said lines
		calls := 0
		_, err := Retry(t.Context(), NewRetries(said.add, nil), StartTimeout, named, func(ctx context.Context) (int, error) {
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

// Calls before have spent a part of the time; something new begins a whole one.
func TestFault14WhatCallsBeforeHaveSpentIsCounted(t *testing.T) {
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
