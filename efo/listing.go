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
	return r.list(ctx, &listTime{end: time.Now().Add(service.StartTimeout), page: service.StartTimeout})
}

// listTime is the time that a list may take with all its attempts.
type listTime struct {
	end  time.Time
	page time.Duration // moves the end to so long after a page with something new; 0 does not
	most int           // consumers that an attempt has had
}

// advanced notes that an attempt has so many consumers by now.
func (t *listTime) advanced(consumers int) {
	if t.page > 0 && consumers > t.most {
		t.most, t.end = consumers, time.Now().Add(t.page)
	}
}

func (r *Registry) list(ctx context.Context, limit *listTime) (Listing, error) {
	began := time.Now()
	back := service.Backoff{First: firstBackoff, Most: mostBackoff}
	var last error // of the list before
	for {
		l, err := r.pages(ctx, limit)
		left := time.Until(limit.end)
		var gaveUp *service.GaveUpError
		if errors.As(err, &gaveUp) {
			gaveUp.After = time.Since(began) // not of the last page alone
		}
		if r.trying != nil && (err == nil || classify(err) == stale) {
			r.trying.attempted("a list of consumers", err)
		}
		switch {
		case err != nil && last != nil && left <= 0 && errors.Is(err, context.DeadlineExceeded):
			err = last // which says more than that the time of this one was over
		case err == nil || classify(err) != stale:
			return l, err
		}
		if left <= 0 {
			return Listing{}, &service.GaveUpError{After: time.Since(began), Err: err}
		}
		last = err
		wait := min(back.Next(), left)
		r.o.Log.Debug("list again", "attempt", back.Attempts(), "wait", wait, "error", err)
		if err := service.Sleep(ctx, wait); err != nil {
			return Listing{}, err
		}
	}
}

// pages lists once, page after page. A list is not atomic: a name that comes
// twice is one consumer, the later one. An expired token ends it: what was
// listed before may be gone by now. So does a list that would never end.
func (r *Registry) pages(ctx context.Context, limit *listTime) (Listing, error) {
	byName := map[string]Consumer{}
	token := ""
	var guard paging.Guard
	var at time.Time
	for {
		// StreamARN is required with a token too, unlike with ListShards;
		// StreamCreationTimestamp would be refused (API documentation).
		in := &service.ListStreamConsumersInput{StreamARN: r.o.StreamARN, NextToken: token}
		out, err := patiently(ctx, r.o.Log, limit.end, func(ctx context.Context) (*service.ListStreamConsumersOutput, error) {
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
		limit.advanced(len(byName))
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
