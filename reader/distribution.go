package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// distribution is how a stream spreads its records over its shards: by their
// hash keys, or, with the strategy AUTO, as it likes. Such a stream has ranges
// too, and they mean nothing: a filter would drop good records.
type distribution struct {
	mu        sync.Mutex
	asking    chan struct{} // closed when the call that is under way has an answer; nil without one
	automatic bool
	refused   bool      // to tell; streams went by hash keys before there was a choice
	told      time.Time // when it was told last
}

// distributionFor is how long an answer is believed: a stream's strategy can
// be changed. While no record is out of range, nobody asks.
const distributionFor = time.Minute

func (d *distribution) known() (automatic, decided bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.automatic, d.isDecided()
}

// isDecided wants the lock held.
func (d *distribution) isDecided() bool {
	return d.refused || !d.told.IsZero() && time.Since(d.told) < distributionFor
}

// learn takes in what the service says of a stream.
func (d *distribution) learn(s *types.StreamDescriptionSummary) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = time.Now()
	d.automatic = s.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}

// ask asks the service, unless another shard has just done so. The permission
// is optional. Its error is that the run has ended, or that it gave up.
func (d *distribution) ask(ctx context.Context, s *streamRun) (automatic bool, err error) {
	for {
		d.mu.Lock()
		automatic, decided, answer := d.automatic, d.isDecided(), d.asking
		if !decided && answer == nil {
			break
		}
		d.mu.Unlock()
		if decided {
			return automatic, nil
		}
		select {
		case <-answer:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	d.asking = make(chan struct{})
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		close(d.asking)
		d.asking = nil
	}()
	out, err := patiently(ctx, s.run, 0, s.describe)
	var gaveUp *GaveUpError
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.As(err, &gaveUp):
		return false, err
	case err != nil || out.StreamDescriptionSummary == nil:
		s.run.log.Debug("describe stream", "stream", s.ref.name, "error", err)
		s.run.o.Chat(fmt.Sprintf("DescribeStreamSummary of %s is not allowed: taking it that records are in the shards of their hash keys", s.ref.name))
		d.mu.Lock()
		d.refused = true
		d.mu.Unlock()
		return false, nil
	}
	d.learn(out.StreamDescriptionSummary)
	automatic, _ = d.known()
	return automatic, nil
}
