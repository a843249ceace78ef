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

// start describes the stream and lists its shards. It fails if the stream does not exist or
// the service cannot be reached.
func (w *Writer) start(ctx context.Context) (streamFacts, error) {
	retries := &startRetries{timeout: service.StartTimeout, began: time.Now(), report: w.o.Info, log: w.o.Log}
	if w.o.RetryFor > 0 {
		retries.timeout = min(retries.timeout, w.o.RetryFor)
	}
	facts := streamFacts{recordLimit: defaultRecordLimit}
	throttled, err := w.callAtStart(ctx, retries, "DescribeStreamSummary", onePage(func(ctx context.Context) error {
		out, err := describe(ctx, w.client, w.o.Stream)
		if err == nil {
			facts.found = true
			facts.apply(out)
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
	_, err = w.callAtStart(ctx, retries, "ListShards", func(ctx context.Context, a *service.Allowance) error {
		facts.shards, last = listShards(ctx, w.client, a, w.o.Stream)
		facts.found = facts.found || last == nil
		return last
	})
	if throttled != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return facts, throttled // throttling used up the time for this call too
	}
	if err == nil && last != nil && !w.o.Unshaped {
		w.o.Info(fmt.Sprintf("cannot list the shards of %s (%s): kin sends without per-shard limits and retries throttled records", w.o.Stream, service.Brief(last)))
	}
	return facts, err
}

// callAtStart makes a call at the start until it is answered. If the caller lacks the permission
// for it or the endpoint does not know it, the facts keep their defaults. The same holds if
// the call was throttled until the start timed out; throttled is then that error.
func (w *Writer) callAtStart(ctx context.Context, retries *startRetries, call string, do func(context.Context, *service.Allowance) error) (throttled, err error) {
	wrap := wrapCall(call, w.o.Stream)
	err = retries.call(ctx, wrap, w.recordFailing(wrap, do))
	var api smithy.APIError
	var exhausted *GaveUpError
	switch v := classify(err); {
	case err == nil, ctx.Err() != nil, v == notFound, v == fatal:
		return nil, err
	case errors.As(err, &exhausted) && (v != resend || !errors.As(err, &api)):
		return nil, err
	case exhausted != nil:
		throttled = err
	}
	w.o.Log.DebugContext(ctx, "call refused", "call", call, "stream", w.o.Stream, "error", err) // or throttled; either way the stream exists
	return throttled, nil
}

// recordFailing wraps a call at the start so that Failing returns its failures.
func (w *Writer) recordFailing(wrap func(error) error, do func(context.Context, *service.Allowance) error) func(context.Context, *service.Allowance) error {
	return func(ctx context.Context, a *service.Allowance) error {
		err := do(ctx, a)
		limited, cancel := a.Limit(ctx)
		defer cancel()
		if err == nil || limited.Err() == nil { // an attempt that ran out of time is not a new failure
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failing = wrap(err)
		}
		return err
	}
}
