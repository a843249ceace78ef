package survey

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"kin/internal/service"
	"kin/reader"
)

// describesAtOnce is the number of concurrent descriptions. It covers a second of calls at the
// allowed rate. A few streams that are retried do not delay the others.
const describesAtOnce = 16

// describeAll describes streams, in no order. Streams that are deleted meanwhile are skipped.
func describeAll(ctx context.Context, asker *reader.Asker, listed []types.StreamSummary) ([]Listed, error) {
	group, groupCtx := errgroup.WithContext(ctx)
	limited, stop := context.WithCancelCause(groupCtx)
	defer stop(nil)
	d := &describeRun{asker: asker, pace: rate.NewLimiter(describesPerSecond, 4), stop: stop}
	group.SetLimit(describesAtOnce)
	for _, s := range listed {
		group.Go(func() error { return d.describe(groupCtx, limited, s) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return d.streams, nil
}

// describeRun is the state of one describeAll.
type describeRun struct {
	asker *reader.Asker
	pace  *rate.Limiter
	stop  context.CancelCauseFunc // ends all descriptions

	mu      sync.Mutex // guards the following
	streams []Listed
	// answers is the number of descriptions that the service answered.
	answers int
}

// describe describes one stream. It returns only errors that concern all streams. limited is
// derived from ctx. It is cancelled if a stream was retried for the whole time and no other stream
// had an answer meanwhile. The remaining streams would fail in the same way.
func (d *describeRun) describe(ctx, limited context.Context, s types.StreamSummary) error {
	d.mu.Lock()
	before := d.answers
	d.mu.Unlock()
	found, err := d.call(limited, aws.ToString(s.StreamName))
	switch {
	case limited.Err() != nil && ctx.Err() == nil && err != nil:
		d.add(s, nil, context.Cause(limited))
		return nil //nolint:nilerr // the stream has the error
	case isNotFound(err):
		return nil // deleted meanwhile
	case err != nil && endsDescriptions(ctx, err):
		return err
	}
	var gaveUp *service.GaveUpError
	d.mu.Lock()
	if !errors.As(err, &gaveUp) {
		d.answers++
	} else if d.answers == before {
		d.stop(fmt.Errorf("not described, because an earlier call failed: %w", err))
	}
	d.mu.Unlock()
	d.add(s, found, err)
	return nil
}

// call makes the call within the rate limit.
func (d *describeRun) call(ctx context.Context, stream string) (*types.StreamDescriptionSummary, error) {
	if err := d.pace.Wait(ctx); err != nil {
		return nil, context.Cause(ctx)
	}
	return reader.DescribeStream(ctx, d.asker, stream)
}

// add stores the result for a stream. Without a description it stores the fields from the list.
func (d *describeRun) add(s types.StreamSummary, found *types.StreamDescriptionSummary, err error) {
	if found == nil {
		found = &types.StreamDescriptionSummary{
			StreamName: s.StreamName, StreamARN: s.StreamARN, StreamStatus: s.StreamStatus,
			StreamModeDetails: s.StreamModeDetails, StreamCreationTimestamp: s.StreamCreationTimestamp,
		}
	}
	if aws.ToString(found.StreamName) == "" {
		found.StreamName = s.StreamName // the answer has no name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, Listed{*found, err})
}
