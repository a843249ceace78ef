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
	return r.list(ctx, &listLimit{deadline: time.Now().Add(service.StartTimeout), extension: service.StartTimeout})
}

// listLimit is the time limit of a list, over all attempts.
type listLimit struct {
	deadline  time.Time
	extension time.Duration // a page with a new consumer moves the deadline to this long from now; 0 does not
	consumers int           // most consumers that any attempt has listed
}

// advanced notes how many consumers the current attempt has listed.
func (t *listLimit) advanced(consumers int) {
	if t.extension > 0 && consumers > t.consumers {
		t.consumers, t.deadline = consumers, time.Now().Add(t.extension)
	}
}

func (r *Registry) list(ctx context.Context, limit *listLimit) (Listing, error) {
	began := time.Now()
	back := service.Backoff{First: firstBackoff, Most: maxBackoff}
	var last error // the error of the previous attempt
	for {
		l, err := r.pages(ctx, limit)
		left := time.Until(limit.deadline)
		var gaveUp *service.GaveUpError
		if errors.As(err, &gaveUp) {
			gaveUp.After = time.Since(began) // of all attempts, not only the last page
		}
		if r.reporter != nil && (err == nil || classify(err) == relist) {
			r.reporter.noteAttempt("a list of consumers", err)
		}
		switch {
		case err != nil && last != nil && left <= 0 && errors.Is(err, context.DeadlineExceeded):
			err = last // more useful than the timeout of this attempt
		case err == nil || classify(err) != relist:
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

// pages reads one list, page by page. A list is not atomic: if a name occurs twice, the later
// consumer counts. An expired token ends the list, because consumers on earlier pages may no longer
// exist. A list that would never end is an error too.
func (r *Registry) pages(ctx context.Context, limit *listLimit) (Listing, error) {
	byName := map[string]Consumer{}
	token := ""
	var guard paging.Guard
	var at time.Time
	for {
		// StreamARN is required with a token too, unlike in ListShards. The service refuses
		// StreamCreationTimestamp (API documentation).
		in := &service.ListStreamConsumersInput{StreamARN: r.o.StreamARN, NextToken: token}
		out, err := retryRead(ctx, r.o.Log, limit.deadline, func(ctx context.Context) (*service.ListStreamConsumersOutput, error) {
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
		limit.advanced(len(byName))
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
