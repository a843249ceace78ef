package efo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// Some servers do not announce the end of a shard. They break the connection, end the stream, or
// send empty events forever. This file detects that, asks ListShards, and reads a closed shard to
// its end with GetRecords (polling.go).
const (
	// maxStalls is how many subscriptions in a row may make no progress.
	maxStalls = 3
	// maxIdle is how many events in a row may bring nothing new in a shard that accepts no more
	// records. The service ends such a subscription at once.
	maxIdle = 3
	// longSubscription is how long a subscription must last so that its events count as progress
	// even if they move nothing. This is the case of an idle shard.
	longSubscription = 30 * time.Second
	// reportInterval is the time between two reports of stalls in a shard.
	reportInterval = time.Minute
)

// progress tracks what the subscriptions of a source have brought.
type progress struct {
	opened   bool // a subscription was opened and its end is not counted yet
	moved    bool // it has made progress
	stalls   int  // subscriptions in a row without progress
	idle     int  // events in a row without anything new
	reported time.Time
	denied   bool // GetShardIterator or GetRecords was denied, and no record has arrived since
}

// begin notes that a subscription was opened.
func (p *progress) begin() { p.opened, p.moved = true, false }

// event notes an event of a subscription that has lasted for lasted. moves: it moves the position.
// progress: this counts as progress. atTip: nothing is left to read.
func (p *progress) event(moves, progress, atTip bool, lasted time.Duration) {
	if progress || lasted >= longSubscription {
		p.moved, p.stalls = true, 0
	}
	if moves && !atTip {
		p.idle = 0
	} else {
		p.idle++
	}
}

// countStall counts a subscription that failed or ended with err. After maxStalls in a row it asks
// whether the shard is closed. If it is, the rest of the shard is read with GetRecords; otherwise
// the stall is reported. If no subscription could be opened, it asks only about a shard that seems
// closed.
func (s *source) countStall(ctx context.Context, err error) error {
	opened, moved := s.progress.opened, s.progress.moved
	s.progress.opened = false
	if opened && moved || !opened && !isBrokenConnection(err) {
		return nil
	}
	if s.progress.stalls++; s.progress.stalls < maxStalls {
		return nil
	}
	if !opened && !s.SeemsClosed() {
		// The service cannot be reached, and all shards notice that at once. The next list of new
		// shards shows which shards have ended.
		return nil
	}
	closed, closedErr := s.IsClosed(ctx)
	switch {
	case closedErr != nil:
		return closedErr
	case closed && (opened || s.progress.stalls > maxStalls):
		s.switchToPolling(fmt.Sprintf("%d subscriptions in a row made no progress, and the shard is closed", s.progress.stalls))
	case closed, !opened:
		// The service could not be reached until now. The next call decides.
	default:
		s.progress.report(s.Stream()+"/"+s.ShardID(), s.Info, err)
	}
	return nil
}

// isBrokenConnection reports whether the connection broke before the service answered.
func isBrokenConnection(err error) bool {
	var api smithy.APIError
	return !errors.As(err, &api) && classify(err) == retry
}

// report reports subscriptions without progress, at most once a minute for a shard.
func (p *progress) report(shard string, info func(string), err error) {
	if now := time.Now(); p.reported.IsZero() || now.Sub(p.reported) >= reportInterval {
		p.reported = now
		info(fmt.Sprintf("%s: %d subscriptions in a row made no progress (%s): subscribing again", shard, p.stalls, service.Brief(err)))
	}
}

// checkIdle checks whether a shard without new records has ended, and then reads its rest with
// GetRecords.
func (s *source) checkIdle(ctx context.Context) error {
	if s.progress.idle < maxIdle || !s.SeemsClosed() {
		return nil
	}
	s.progress.idle = 0
	closed, err := s.IsClosed(ctx)
	if err == nil && closed {
		s.switchToPolling("the shard is closed, and its subscription does not end")
	}
	return err
}
