package inspect

import (
	"context"
	"sync"
	"time"

	"kin/internal/servertime"
	"kin/internal/service"
	"kin/reader"
)

// serverClock estimates the service's time from the Dates of its answers. A Date is cut to the
// second, so one answer leaves a range of a second; each further answer narrows the range. While
// this machine's clock is within the range, it is used as it is. The age of a record is then as
// exact as the machine's clock. serverClock is safe for concurrent use.
type serverClock struct {
	mu        sync.Mutex
	known     bool
	lo, hi    time.Duration // range of the service's time minus this machine's time
	roundTrip time.Duration // the shortest round trip of a call
}

// answered narrows the range with an answer: the service's clock showed date at some time between
// sent and received.
func (c *serverClock) answered(sent, received, date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	lo, hi := date.Sub(received), date.Add(time.Second).Sub(sent)
	roundTrip := received.Sub(sent)
	if !c.known {
		c.known, c.lo, c.hi, c.roundTrip = true, lo, hi, roundTrip
		return
	}
	c.roundTrip = min(c.roundTrip, roundTrip)
	switch both, least := min(c.hi, hi), max(c.lo, lo); {
	case least <= both:
		c.lo, c.hi = least, both
	case least-both < maxClockSkew:
		c.lo, c.hi = both, least // two hosts whose clocks differ a little
	default:
		c.lo, c.hi = lo, hi // one of the clocks was set
	}
}

// maxClockSkew is how far the clocks of the service's hosts may differ.
const maxClockSkew = 250 * time.Millisecond

// isRight reports whether this machine's clock is within the range.
func (c *serverClock) isRight() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.known || c.lo <= 0 && c.hi >= 0
}

// at is the service's time when this machine's clock showed t.
func (c *serverClock) at(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t = t.Round(0).UTC() // compare wall clocks
	if !c.known || c.lo <= 0 && c.hi >= 0 {
		return t
	}
	return t.Add(c.lo + (c.hi-c.lo)/2)
}

// How far the range is narrowed if this machine's clock is wrong.
const (
	fineEnough    = 2 * time.Millisecond // of the range; the error is half of it
	slice         = 32                   // a call narrows the range by 1/slice, unless the second turned
	maxTimeCalls  = 200
	maxRefineTime = 3 * time.Second
)

// nextCall returns when the next call narrows the range most: when the service's clock may just
// have passed a full second. If it has not, a slice of the range is excluded; if it has, everything
// but a slice. nextCall returns zero if the range is small enough.
func (c *serverClock) nextCall(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	doubt := c.hi - c.lo
	if !c.known || doubt <= max(fineEnough, 2*c.roundTrip) {
		return time.Time{}
	}
	// The service's clock shows now+lo to now+hi. An answer narrows that range if a full second is
	// inside, a slice away from both ends.
	edge := now.Add(c.hi - doubt/slice)
	if within := edge.Sub(edge.Truncate(time.Second)); within > doubt-2*doubt/slice {
		return now.Add(time.Second - within)
	}
	return now
}

// timedClient is a client whose answers set a clock.
type timedClient struct {
	reader.Client
	clock *serverClock
	dates *servertime.Check
}

// answered sets the clock by an answer with a usable Date. The caller checks the Date again, and
// refuses the answer if necessary.
func (c timedClient) answered(sent, date time.Time) {
	received := time.Now()
	if date, err := c.dates.Accept(date); err == nil {
		c.clock.answered(sent, received, date)
	}
}

func (c timedClient) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	sent := time.Now()
	out, err := c.Client.ListShards(ctx, in)
	if err == nil {
		c.answered(sent, out.ServerTime)
	}
	return out, err
}

func (c timedClient) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	sent := time.Now()
	out, err := c.Client.GetShardIterator(ctx, in)
	if err == nil {
		c.answered(sent, out.ServerTime)
	}
	return out, err
}

func (c timedClient) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	sent := time.Now()
	out, err := c.Client.GetRecords(ctx, in)
	if err == nil {
		c.answered(sent, out.ServerTime)
	}
	return out, err
}
