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

// List returns all consumers of the stream. Errors are *service.GaveUpError after 30 s without a
// page with a new consumer, and *service.CallError. A *service.CallError with
// ResourceNotFoundException means that the stream does not exist.
func (r *Registry) List(ctx context.Context) (Listing, error) {
	return r.list(ctx, time.Now().Add(service.StartTimeout), true)
}

// list lists until the deadline. If renews is set, a page with a new consumer moves the deadline:
// it then allows the original time again.
func (r *Registry) list(ctx context.Context, deadline time.Time, renews bool) (Listing, error) {
	began, attempts := time.Now(), 0
	var last error // the error of the previous attempt
	isRelist := func(err error) bool { return classify(err) == relist }
	l, err := service.RetryPaged(ctx, retries(isRelist), until(deadline), unchanged, func(ctx context.Context, a *service.Allowance) (Listing, error) {
		attempts++
		l, err := r.pages(ctx, a, renews)
		restarts := err != nil && isRelist(err)
		if r.reporter != nil && (err == nil || restarts) {
			r.reporter.noteAttempt("a list of consumers", err)
		}
		if restarts {
			last = err
			r.o.Log.Debug("list again", "attempt", attempts, "error", err)
		}
		return l, err
	})
	if gaveUp, is := errors.AsType[*service.GaveUpError](err); is {
		gaveUp.After = time.Since(began) // of all attempts, not only since the last page with a new consumer
		if last != nil && errors.Is(err, context.DeadlineExceeded) {
			gaveUp.Err = last // more useful than the timeout of this attempt
		}
	}
	return l, err
}

// pages reads one list, page by page. A list is not atomic: if a name occurs twice, the later
// consumer counts. An expired token ends the list, because consumers on earlier pages may no longer
// exist. A list that would never end is an error too.
func (r *Registry) pages(ctx context.Context, a *service.Allowance, renews bool) (Listing, error) {
	byName := map[string]Consumer{}
	token := ""
	var guard paging.Guard
	var at time.Time
	for {
		// StreamARN is required with a token too, unlike in ListShards. The service refuses
		// StreamCreationTimestamp (API documentation).
		in := &service.ListStreamConsumersInput{StreamARN: r.o.StreamARN, NextToken: token}
		deadline, _ := a.End(ctx)
		out, err := retryUntil(ctx, r.o.Log, deadline, func(ctx context.Context) (*service.ListStreamConsumersOutput, error) {
			defer r.watchForAnswer("ListStreamConsumers", "")()
			out, err := r.client.ListStreamConsumers(ctx, in)
			if err == nil {
				at, err = r.checkListing(out)
			}
			if err != nil {
				err = r.callError("ListStreamConsumers", "", err)
			}
			r.noteAttempt("ListStreamConsumers", "", err)
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
				return Listing{}, r.callError("ListStreamConsumers", "", err)
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

// checkListing validates one page, and returns the time of the service. Without a usable Date in
// the answer, that is this machine's time.
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
