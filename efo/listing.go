package efo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/paging"
	"kin/internal/service"
	"kin/internal/validate"
)

// List asks for all consumers of the stream. Errors are *service.GaveUpError
// after 30 s without a page that brings something new, and *service.CallError: with
// ResourceNotFoundException there is no such stream.
func (r *Registry) List(ctx context.Context) (Listing, error) {
	return r.list(ctx, time.Now().Add(service.StartTimeout), true)
}

// list is List until a deadline. renews says that a page with something new moves the
// deadline by as long as there was at first.
func (r *Registry) list(ctx context.Context, deadline time.Time, renews bool) (Listing, error) {
	began, attempts := time.Now(), 0
	var last error // of the list before
	isStale := func(err error) bool { return classify(err) == stale }
	l, err := service.RetryPaged(ctx, asking(isStale), until(deadline), named, func(ctx context.Context, a *service.Allowance) (Listing, error) {
		attempts++
		l, err := r.pages(ctx, a, renews)
		restarts := err != nil && isStale(err)
		if r.trying != nil && (err == nil || restarts) {
			r.trying.attempted("a list of consumers", err)
		}
		if restarts {
			last = err
			r.o.Log.Debug("list again", "attempt", attempts, "error", err)
		}
		return l, err
	})
	if gaveUp, is := errors.AsType[*service.GaveUpError](err); is {
		gaveUp.After = time.Since(began) // not since the last page with something new
		if last != nil && errors.Is(err, context.DeadlineExceeded) {
			gaveUp.Err = last // which says more than that the time of this one was over
		}
	}
	return l, err
}

// pages lists once, page after page. A list is not atomic: a name that comes
// twice is one consumer, the later one. An expired token ends it: what was
// listed before may be gone by now. So does a list that would never end.
func (r *Registry) pages(ctx context.Context, a *service.Allowance, renews bool) (Listing, error) {
	byName := map[string]Consumer{}
	token := ""
	var guard paging.Guard
	var at time.Time
	for {
		// StreamARN is required with a token too, unlike with ListShards;
		// StreamCreationTimestamp would be refused (API documentation).
		in := &service.ListStreamConsumersInput{StreamARN: r.o.StreamARN, NextToken: token}
		deadline, _ := a.End(ctx)
		out, err := patiently(ctx, r.o.Log, deadline, func(ctx context.Context) (*service.ListStreamConsumersOutput, error) {
			defer r.awaiting("ListStreamConsumers", "")()
			out, err := r.client.ListStreamConsumers(ctx, in)
			if err == nil {
				at, err = r.checkListing(out)
			}
			if err != nil {
				err = r.failed("ListStreamConsumers", "", err)
			}
			r.attempted("ListStreamConsumers", "", err)
			return out, err
		})
		if err != nil {
			return Listing{}, err
		}
		before := len(byName)
		for _, c := range out.Consumers {
			byName[aws.ToString(c.ConsumerName)] = fromList(c, r.o.StreamARN)
		}
		if renews {
			a.Advanced(len(byName))
		}
		if token = out.NextToken; token != "" {
			if err := guard.Next(token, len(byName)-before); err != nil {
				return Listing{}, r.failed("ListStreamConsumers", "", err)
			}
			continue
		}
		l := Listing{At: at}
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			l.Consumers = append(l.Consumers, byName[name])
		}
		return l, nil
	}
}

// checkListing checks one page of a list, and returns the service's time: this
// machine's own if the page does not say.
func (r *Registry) checkListing(out *service.ListStreamConsumersOutput) (time.Time, error) {
	if out.Consumers == nil { // an empty list is not nil
		return time.Time{}, &validate.Error{Reason: "it has no list of consumers"}
	}
	for _, c := range out.Consumers {
		if err := checkConsumer("", c.ConsumerName, c.ConsumerARN, c.ConsumerCreationTimestamp); err != nil {
			return time.Time{}, err
		}
	}
	at, err := r.dates.Accept(out.ServerTime)
	if at.IsZero() {
		at = r.dates.Now()
	}
	if at.IsZero() {
		at = time.Now()
	}
	return at, err
}
