package efo

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/validate"
)

// errBehindEnd means that a subscription which replays the shard ended it before
// the position.
var errBehindEnd = errors.New("the subscription ends the shard before the requested position")

// dropBehind drops the records of an event that come before the position that was
// asked for: some servers ignore it and begin with the oldest record. It reports
// that once for a shard. It returns false when nothing of the event is left. The
// error is errBehindEnd, because a shard does not end before a position that it has,
// or that of CheckDropped.
func (s *cursor) dropBehind(event *types.SubscribeToShardEvent) (bool, error) {
	had, isEnd := len(event.Records), aws.ToString(event.ContinuationSequenceNumber) == ""
	newest, asked := "", false // asked: kin asked for records before the position
	if had > 0 {
		newest = aws.ToString(event.Records[had-1].SequenceNumber)
	}
	if s.at.Kind == record.AtTimestamp && s.at.Continuation == "" {
		// Arrival times are not in order: only what leads comes before the position.
		for len(event.Records) > 0 && s.isBehind(event.Records[0]) {
			event.Records = event.Records[1:]
		}
	} else {
		n := slices.IndexFunc(event.Records, func(r types.Record) bool { return !s.isBehind(r) }) // they are in order
		if n < 0 {
			n = had
		}
		asked = s.IsContradicted()
		if err := s.CheckDropped(s.at, event.Records[:n], n < had); err != nil {
			return false, err
		}
		event.Records = event.Records[n:]
	}
	left := len(event.Records)
	dropped := had - left
	switch {
	case left > 0:
		s.catchingUp, s.replays = s.replays || dropped > 0, false
	case dropped > 0:
		s.replays = !s.isAt(newest)
	}
	if dropped == 0 {
		return s.unlessBehindEnd(isEnd)
	}
	s.Log().Debug("dropped records from before the position", "stream", s.Stream(), "shard", s.ShardID(), "records", dropped)
	if !s.reportedBehind && !asked {
		s.reportedBehind = true
		s.Info(fmt.Sprintf("%s/%s: the endpoint sends records from before the requested position: kin drops them", s.Stream(), s.ShardID()))
	}
	if left == 0 && !isEnd {
		return false, nil
	}
	return s.unlessBehindEnd(isEnd)
}

// unlessBehindEnd is errBehindEnd for the end of a shard in a replay that has not
// reached the position; other events are used.
func (s *cursor) unlessBehindEnd(isEnd bool) (bool, error) {
	if isEnd && s.replays {
		return false, errBehindEnd
	}
	return true, nil
}

// isAt reports whether a record of that sequence number is the one that the
// position is behind: a replay that has reached it has caught up.
func (s *cursor) isAt(sequence string) bool {
	return s.at.Kind == record.AfterSequenceNumber && validate.SequenceNumber(sequence) &&
		validate.Compare(sequence, s.at.SequenceNumber) == 0
}

// continuation returns how far an event that was left by dropBehind moves the
// position. In a replay an event says where the replay is: then the last record
// that is handed out counts, and an event without one moves nothing. Nor does any
// event move the position back.
func (s *cursor) continuation(event *types.SubscribeToShardEvent) string {
	c := aws.ToString(event.ContinuationSequenceNumber)
	if c == "" {
		return ""
	}
	if n := len(event.Records); n > 0 {
		last := aws.ToString(event.Records[n-1].SequenceNumber)
		if s.catchingUp || validate.Compare(c, last) < 0 {
			c = last
		}
		s.catchingUp = false
		return c
	}
	isBack := s.at.SequenceNumber != "" && validate.Compare(c, s.at.SequenceNumber) < 0 ||
		s.at.Continuation != "" && validate.Compare(c, s.at.Continuation) < 0
	if isBack && !s.replays && !s.reportedBehind {
		s.reportedBehind = true
		s.Info(fmt.Sprintf("%s/%s: the endpoint sends a continuation from before the requested position: kin keeps its position", s.Stream(), s.ShardID()))
	}
	if isBack || s.replays {
		return s.at.Continuation
	}
	return c
}

// isBehind says whether a record comes before the position.
func (s *cursor) isBehind(r types.Record) bool {
	sequence := aws.ToString(r.SequenceNumber)
	switch s.at.Kind {
	case record.AfterSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) <= 0
	case record.AtSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) < 0
	case record.AtTimestamp:
		if c := s.at.Continuation; c != "" {
			// The service has gone on behind the time, to the continuation. A record
			// behind that may bear an earlier arrival time: those are not in order.
			return validate.SequenceNumber(sequence) && validate.SequenceNumber(c) && validate.Compare(sequence, c) <= 0
		}
		// Calls carry times in whole milliseconds.
		arrived := aws.ToTime(r.ApproximateArrivalTimestamp)
		return !arrived.IsZero() && arrived.Before(s.at.Timestamp.Truncate(time.Millisecond))
	case record.TrimHorizon, record.ShardEnd:
	}
	return false
}
