package efo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// Deregister removes a consumer and waits until it no longer exists. removed is false if there was
// no such consumer. A name selects the consumer that has it now. A consumer that another process
// registers under this name during the wait is kept.
//
// Errors are *record.OptionError if the ID cannot belong to this stream, *TimeoutError after
// RegistryOptions.Timeout, and *service.CallError. *UnseenError means that this Registry may have
// registered the consumer, but DescribeStreamConsumer never found it.
func (r *Registry) Deregister(ctx context.Context, id ID) (removed bool, err error) {
	return r.remove(ctx, id, func(*Consumer) bool { return false })
}

// Remove removes a consumer and waits only until the service has started to delete it. The consumer
// is not billed from then on. Results and errors are those of Deregister.
func (r *Registry) Remove(ctx context.Context, id ID) (removed bool, err error) {
	return r.remove(ctx, id, func(c *Consumer) bool { return c.Status == types.ConsumerStatusDeleting })
}

// remove deregisters a consumer until it no longer exists or done returns true.
func (r *Registry) remove(ctx context.Context, id ID, done func(*Consumer) bool) (removed bool, err error) {
	if err := CheckID(id, r.o.StreamARN); err != nil {
		return false, err
	}
	w := newConsumerWait(r, "deregister", id)
	first, err := r.findForRemoval(ctx, w)
	if err != nil || first == nil {
		return false, err
	}
	for c := first; c != nil && c.ARN == first.ARN && !done(c); {
		if c.Status == types.ConsumerStatusDeleting {
			err = w.pause(ctx, "waiting until it is gone")
		} else {
			err = r.deregister(ctx, w, c)
		}
		if err != nil {
			return false, err
		}
		if c, err = w.check(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// deregister makes one DeregisterStreamConsumer call.
func (r *Registry) deregister(ctx context.Context, w *consumerWait, c *Consumer) error {
	if w.isOver() {
		return w.timeout(w.lastErr)
	}
	_, err := service.AttemptUntil(ctx, w.deadline, func(ctx context.Context) (struct{}, error) {
		defer r.watchForAnswer("DeregisterStreamConsumer", w.id)()
		return struct{}{}, r.client.DeregisterStreamConsumer(ctx, &service.DeregisterStreamConsumerInput{ConsumerARN: c.ARN})
	})
	if err == nil {
		r.noteAttempt("DeregisterStreamConsumer", w.id, nil)
		if w.accepted++; w.accepted > 1 {
			return w.pause(ctx, "DeregisterStreamConsumer succeeded, but the consumer is still there; trying again")
		}
		w.lastErr, w.state = nil, string(types.ConsumerStatusDeleting)
		w.backoff.Reset()
		return w.pause(ctx, "")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err = r.callError("DeregisterStreamConsumer", w.id, err)
	r.noteAttempt("DeregisterStreamConsumer", w.id, err)
	w.lastErr = err
	switch classify(err) {
	case notFound:
		if w.notFound++; w.notFound > 1 {
			return w.pause(ctx, "DeregisterStreamConsumer does not find the consumer, but DescribeStreamConsumer does; trying again")
		}
		return nil // the next check notices it
	case inUse:
		// The consumer is not ACTIVE yet, or another process is already removing it.
		return w.pause(ctx, "waiting until it can be removed")
	case limited, retry: // 5 calls a second for all consumers of the stream
		return w.pause(ctx, "")
	}
	return err
}
