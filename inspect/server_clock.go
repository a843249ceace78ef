package inspect

import (
	"context"
	"sync"
	"time"

	"kin/internal/servertime"
	"kin/internal/service"
	"kin/reader"
)

// serverClock knows the service's time from the Date of its answers. A Date is
// cut to the second, so that one answer leaves a second of doubt; each further
// one narrows it. While this machine's clock is within that doubt it is taken
// for right: then the age of a record is as exact as the machine's clock is.
// It is safe for concurrent use.
type serverClock struct {
	mu     sync.Mutex
	known  bool
	lo, hi time.Duration // the service's time less this machine's is within
	trip   time.Duration // the shortest call
}

// answered takes in an answer to a call: the service's clock showed date at some
// time between sent and received.
func (c *serverClock) answered(sent, received, date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	lo, hi := date.Sub(received), date.Add(time.Second).Sub(sent)
	trip := received.Sub(sent)
	if !c.known {
		c.known, c.lo, c.hi, c.trip = true, lo, hi, trip
		return
	}
	c.trip = min(c.trip, trip)
	switch both, least := min(c.hi, hi), max(c.lo, lo); {
	case least <= both:
		c.lo, c.hi = least, both
	case least-both < mostDisagreement:
		c.lo, c.hi = both, least // two hosts, a little apart
	default:
		c.lo, c.hi = lo, hi // one of the clocks was set
	}
}

// mostDisagreement is how far the clocks of the service's hosts may be apart.
const mostDisagreement = 250 * time.Millisecond

// isRight says whether this machine's clock may be the service's.
func (c *serverClock) isRight() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.known || c.lo <= 0 && c.hi >= 0
}

// at is the service's time when this machine's clock showed t.
func (c *serverClock) at(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t = t.Round(0).UTC() // differences to the service's times are of wall clocks
	if !c.known || c.lo <= 0 && c.hi >= 0 {
		return t
	}
	return t.Add(c.lo + (c.hi-c.lo)/2)
}

// How far the doubt is narrowed where this machine's clock is wrong.
const (
	fineEnough   = 2 * time.Millisecond // half of it is the error
	slice        = 32                   // of the doubt that one question takes off, while it is answered with no
	mostQuestion = 200
	mostSharpen  = 3 * time.Second
)

// ask returns when a question narrows the doubt: when the service's clock may
// just have passed a full second, so that a slice of the doubt is gone if it has
// not, and all but a slice if it has. It is zero when the doubt is small enough.
func (c *serverClock) ask(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	doubt := c.hi - c.lo
	if !c.known || doubt <= max(fineEnough, 2*c.trip) {
		return time.Time{}
	}
	// The service's clock shows now+lo to now+hi. An answer narrows that when
	// a full second is in between, a slice away from both ends.
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

// answered sets the clock by an answer whose Date may be used. The caller checks
// the Date again, and refuses the answer where it has to.
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
