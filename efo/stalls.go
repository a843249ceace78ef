package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// Some servers do not announce the end of a shard: they break the connection
// there, end the stream, or send empty events for ever. What follows notices that,
// asks ListShards, and reads a closed shard to its end with GetRecords (rest.go).
const (
	// mostStalls is how many subscriptions in a row may make no progress.
	mostStalls = 3
	// mostIdle is how many events in a row may bring nothing new of a shard that
	// takes no more records. The service ends such a subscription at once.
	mostIdle = 3
	// settled is how long a subscription lasts whose events count as progress,
	// even where they move nothing: an idle shard.
	settled = 30 * time.Second
	// reportEvery is how often the stalls of a shard are reported.
	reportEvery = time.Minute
)

// progress is what a source's subscriptions have brought.
type progress struct {
	opened   bool // a subscription was opened, and its end not yet counted
	moved    bool // it has made progress
	stalls   int  // subscriptions in a row that made none
	idle     int  // events in a row that brought nothing new
	reported time.Time
	denied   bool // GetShardIterator or GetRecords was not allowed, and no record has come since
}

// begin notes a subscription that was opened.
func (p *progress) begin() { p.opened, p.moved = true, false }

// event notes an event: whether it moves the position, whether that is progress, and
// whether it shows that nothing is left to read.
func (p *progress) event(moves, progress, atTip bool, lasted time.Duration) {
	if progress || lasted >= settled {
		p.moved, p.stalls = true, 0
	}
	if moves && !atTip {
		p.idle = 0
	} else {
		p.idle++
	}
}

// ended counts a subscription that ended, or that could not be had, with err. At
// mostStalls in a row it asks whether the shard is closed: then its rest is read
// with GetRecords, else that is reported. Where no subscription could be had it asks
// only about a shard that seems closed.
func (s *source) ended(ctx context.Context, err error) error {
	opened, moved := s.progress.opened, s.progress.moved
	s.progress.opened = false
	if opened && moved || !opened && !isBrokenOff(err) {
		return nil
	}
	if s.progress.stalls++; s.progress.stalls < mostStalls {
		return nil
	}
	if !opened && !s.SeemsClosed() {
		// It is the service that cannot be reached, and all shards meet that at once.
		// The look for new shards finds out when it can, and what ended meanwhile.
		return nil
	}
	closed, closedErr := s.IsClosed(ctx)
	switch {
	case closedErr != nil:
		return closedErr
	case closed && (opened || s.progress.stalls > mostStalls):
		s.readRest(fmt.Sprintf("%d subscriptions in a row made no progress, and the shard is closed", s.progress.stalls))
	case closed, !opened:
		// The service could not be reached until now. The next call decides.
	default:
		s.progress.report(s.Stream()+"/"+s.ShardID(), s.Info, err)
	}
	return nil
}

// isBrokenOff says whether the connection broke before the service answered.
func isBrokenOff(err error) bool {
	var api smithy.APIError
	return !errors.As(err, &api) && classify(err) == again
}

// report says, once a minute, that subscriptions to a shard make no progress.
func (p *progress) report(shard string, info func(string), err error) {
	if now := time.Now(); p.reported.IsZero() || now.Sub(p.reported) >= reportEvery {
		p.reported = now
		info(fmt.Sprintf("%s: %d subscriptions in a row made no progress (%s): subscribing again", shard, p.stalls, service.Brief(err)))
	}
}

// checkIdle finds out whether a shard that brings nothing new has ended, and then
// goes on with its rest.
func (s *source) checkIdle(ctx context.Context) error {
	if s.progress.idle < mostIdle || !s.SeemsClosed() {
		return nil
	}
	s.progress.idle = 0
	closed, err := s.IsClosed(ctx)
	if err == nil && closed {
		s.readRest("the shard is closed, and its subscription does not end")
	}
	return err
}
