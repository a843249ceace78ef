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

// describesAtOnce streams are described at once: calls of a second keep to the rate, and a
// few streams that are retried do not hold up the others.
const describesAtOnce = 16

// describeAll describes streams, in no order, without those that are deleted meanwhile.
func describeAll(ctx context.Context, asker *reader.Asker, listed []types.StreamSummary) ([]Listed, error) {
	group, groupCtx := errgroup.WithContext(ctx)
	limited, stop := context.WithCancelCause(groupCtx)
	defer stop(nil)
	d := &describing{asker: asker, pace: rate.NewLimiter(describesPerSecond, 4), stop: stop}
	group.SetLimit(describesAtOnce)
	for _, s := range listed {
		group.Go(func() error { return d.describe(groupCtx, limited, s) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return d.streams, nil
}

// describing is one describeAll.
type describing struct {
	asker *reader.Asker
	pace  *rate.Limiter
	stop  context.CancelCauseFunc // ends all descriptions

	mu      sync.Mutex // guards the following
	streams []Listed
	// answers counts the descriptions that had an answer of the service.
	answers int
}

// describe describes one stream. Its error is one that concerns all of them. limited is a
// part of ctx: it ends when a stream was retried for its whole time and no other had an
// answer meanwhile. The rest would fail like it, each for as long.
func (d *describing) describe(ctx, limited context.Context, s types.StreamSummary) error {
	d.mu.Lock()
	before := d.answers
	d.mu.Unlock()
	found, err := d.ask(limited, aws.ToString(s.StreamName))
	switch {
	case limited.Err() != nil && ctx.Err() == nil && err != nil:
		d.add(s, nil, context.Cause(limited))
		return nil //nolint:nilerr // the stream has the error
	case isNotFound(err):
		return nil // deleted meanwhile
	case err != nil && endsAll(ctx, err):
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

// ask makes the call within the rate of all.
func (d *describing) ask(ctx context.Context, stream string) (*types.StreamDescriptionSummary, error) {
	if err := d.pace.Wait(ctx); err != nil {
		return nil, context.Cause(ctx)
	}
	return reader.DescribeStream(ctx, d.asker, stream)
}

// add notes what is known of a stream. Without a description that is what the list says.
func (d *describing) add(s types.StreamSummary, found *types.StreamDescriptionSummary, err error) {
	if found == nil {
		found = &types.StreamDescriptionSummary{
			StreamName: s.StreamName, StreamARN: s.StreamARN, StreamStatus: s.StreamStatus,
			StreamModeDetails: s.StreamModeDetails, StreamCreationTimestamp: s.StreamCreationTimestamp,
		}
	}
	if aws.ToString(found.StreamName) == "" {
		found.StreamName = s.StreamName // the answer does not say
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, Listed{*found, err})
}
