package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/record"
	"kin/internal/service"
)

// start asks for what has to be known about the stream. It finds out whether
// the stream is there and the service can be reached.
func (w *Writer) start(ctx context.Context) (streamFacts, error) {
	retries := &startRetries{most: service.StartTimeout, began: time.Now(), report: w.o.Info, log: w.o.Log}
	if w.o.RetryFor > 0 {
		retries.most = min(retries.most, w.o.RetryFor)
	}
	facts := streamFacts{recordLimit: defaultRecordLimit}
	throttled, err := w.ask(ctx, retries, "DescribeStreamSummary", onePage(func(ctx context.Context) error {
		out, err := describe(ctx, w.client, w.o.Stream)
		if err == nil {
			facts.found = true
			facts.learn(out)
		}
		return err
	}))
	if err != nil {
		return facts, err
	}
	if facts.auto && w.o.Ordered {
		return facts, &record.OptionError{Field: "ordered", Want: "a stream that distributes records by their keys: " + w.o.Stream + " has the distribution strategy AUTO and no order"}
	}
	if facts.auto {
		return facts, nil
	}
	var last error
	_, err = w.ask(ctx, retries, "ListShards", func(ctx context.Context, a *service.Allowance) error {
		facts.shards, last = listShards(ctx, w.client, a, w.o.Stream)
		facts.found = facts.found || last == nil
		return last
	})
	if throttled != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return facts, throttled // it has used up the time of this call
	}
	if err == nil && last != nil && !w.o.Unshaped {
		w.o.Info(fmt.Sprintf("the shards of %s are unknown (%s): kin keeps to their write limits only by retrying", w.o.Stream, service.Brief(last)))
	}
	return facts, err
}

// ask makes a call of the start until it is answered. A stream that may be
// written but not described, and an endpoint that does not know the call, leave
// things at their defaults. throttled is not nil where the call was throttled until
// the time of the start was over, which leaves them there too.
func (w *Writer) ask(ctx context.Context, retries *startRetries, call string, do func(context.Context, *service.Allowance) error) (throttled, err error) {
	named := naming(call, w.o.Stream)
	err = retries.call(ctx, named, w.noted(named, do))
	var api smithy.APIError
	var exhausted *GaveUpError
	switch v := classify(err); {
	case err == nil, ctx.Err() != nil, v == notFound, v == fatal:
		return nil, err
	case errors.As(err, &exhausted) && (v != again || !errors.As(err, &api)):
		return nil, err
	case exhausted != nil:
		throttled = err
	}
	w.o.Log.DebugContext(ctx, "call refused", "call", call, "stream", w.o.Stream, "error", err) // or throttled, but the stream is there
	return throttled, nil
}

// noted is a call of the start whose failures Failing knows.
func (w *Writer) noted(named func(error) error, do func(context.Context, *service.Allowance) error) func(context.Context, *service.Allowance) error {
	return func(ctx context.Context, a *service.Allowance) error {
		err := do(ctx, a)
		limited, cancel := a.Limit(ctx)
		defer cancel()
		if err == nil || limited.Err() == nil { // and not of the end of its time
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failing = named(err)
		}
		return err
	}
}
