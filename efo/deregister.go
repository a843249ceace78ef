package efo

import (
	"context"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Deregister removes a consumer and waits until it is gone. removed is false
// when there was none. By name it is the consumer that has the name now: one
// that somebody else registers under that name meanwhile stays.
//
// Errors are *record.OptionError for an ID that cannot be one of this stream's,
// *TimeoutError after RegistryOptions.Timeout, *UnseenError when this Registry may
// have registered the consumer and no look has shown it, and *service.CallError.
func (r *Registry) Deregister(ctx context.Context, id ID) (removed bool, err error) {
	return r.remove(ctx, id, func(*Consumer) bool { return false })
}

// Remove is Deregister that does not wait until the consumer is gone, but until
// the service has taken it on to delete it: it is not billed from then on.
func (r *Registry) Remove(ctx context.Context, id ID) (removed bool, err error) {
	return r.remove(ctx, id, func(c *Consumer) bool { return c.Status == types.ConsumerStatusDeleting })
}

// remove deregisters a consumer until it is gone, or done says that it may go
// by itself.
func (r *Registry) remove(ctx context.Context, id ID, done func(*Consumer) bool) (removed bool, err error) {
	if err := CheckID(id, r.o.StreamARN); err != nil {
		return false, err
	}
	w := newWaiting(r, "deregister", id)
	first, err := r.find(ctx, w)
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
		if c, err = w.look(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// deregister makes one DeregisterStreamConsumer.
func (r *Registry) deregister(ctx context.Context, w *waiting, c *Consumer) error {
	if w.over() {
		return w.timeout(w.last)
	}
	_, err := service.AttemptUntil(ctx, w.deadline, func(ctx context.Context) (struct{}, error) {
		defer r.awaiting("DeregisterStreamConsumer", w.id)()
		return struct{}{}, r.client.DeregisterStreamConsumer(ctx, &service.DeregisterStreamConsumerInput{ConsumerARN: c.ARN})
	})
	if err == nil {
		r.attempted("DeregisterStreamConsumer", w.id, nil)
		if w.accepted++; w.accepted > 1 {
			return w.pause(ctx, "DeregisterStreamConsumer succeeded, but the consumer is still there; trying again")
		}
		w.last, w.state = nil, string(types.ConsumerStatusDeleting)
		w.looks.Reset()
		return w.pause(ctx, "")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err = r.failed("DeregisterStreamConsumer", w.id, err)
	r.attempted("DeregisterStreamConsumer", w.id, err)
	w.last = err
	switch classify(err) {
	case notFound:
		if w.missing++; w.missing > 1 {
			return w.pause(ctx, "DeregisterStreamConsumer does not find the consumer, but DescribeStreamConsumer does; trying again")
		}
		return nil // the next look says so
	case inUse:
		// It has to be ACTIVE for this; or another was faster.
		return w.pause(ctx, "waiting until it can be removed")
	case limited, again: // 5 calls a second for all of the stream's consumers
		return w.pause(ctx, "")
	}
	return err
}
