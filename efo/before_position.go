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

// errEndBeforePosition means that a subscription replayed old records and ended the shard before
// the requested position.
var errEndBeforePosition = errors.New("the subscription reported the end of the shard before the requested position")

// dropBeforePosition drops the records of an event that precede the requested position. Some
// servers ignore the position and start with the oldest record. The first drop in a shard is
// reported. The result is false if nothing is left of the event.
//
// The error is errEndBeforePosition, because a shard cannot end before a position inside it, or the
// error of CheckDropped.
func (s *cursor) dropBeforePosition(event *types.SubscribeToShardEvent) (bool, error) {
	total, isEnd := len(event.Records), aws.ToString(event.ContinuationSequenceNumber) == ""
	newest, expected := "", false // expected: kin itself asked for records before the position
	if total > 0 {
		newest = aws.ToString(event.Records[total-1].SequenceNumber)
	}
	if s.at.Kind == record.AtTimestamp && s.at.Continuation == "" {
		// Arrival times are not ordered. Only the leading records are certain to precede the
		// position.
		for len(event.Records) > 0 && s.isBeforePosition(event.Records[0]) {
			event.Records = event.Records[1:]
		}
	} else {
		n := slices.IndexFunc(event.Records, func(r types.Record) bool { return !s.isBeforePosition(r) }) // sequence numbers are ordered
		if n < 0 {
			n = total
		}
		expected = s.IsContradicted()
		if err := s.CheckDropped(s.at, event.Records[:n], n < total); err != nil {
			return false, err
		}
		event.Records = event.Records[n:]
	}
	remaining := len(event.Records)
	dropped := total - remaining
	switch {
	case remaining > 0:
		s.catchingUp, s.replays = s.replays || dropped > 0, false
	case dropped > 0:
		s.replays = !s.hasReached(newest)
	}
	if dropped == 0 {
		return s.checkEnd(isEnd)
	}
	s.Log().Debug("dropped records from before the position", "stream", s.Stream(), "shard", s.ShardID(), "records", dropped)
	if !s.reportedOldRecords && !expected {
		s.reportedOldRecords = true
		s.Info(fmt.Sprintf("%s/%s: the endpoint sends records from before the requested position: kin drops them", s.Stream(), s.ShardID()))
	}
	if remaining == 0 && !isEnd {
		return false, nil
	}
	return s.checkEnd(isEnd)
}

// checkEnd returns errEndBeforePosition if the event ends the shard in a replay that has not
// reached the position. For any other event it returns true.
func (s *cursor) checkEnd(isEnd bool) (bool, error) {
	if isEnd && s.replays {
		return false, errEndBeforePosition
	}
	return true, nil
}

// hasReached reports whether sequence is the record that the position follows. A replay that has
// reached this record has caught up.
func (s *cursor) hasReached(sequence string) bool {
	return s.at.Kind == record.AfterSequenceNumber && validate.SequenceNumber(sequence) &&
		validate.Compare(sequence, s.at.SequenceNumber) == 0
}

// continuation returns the continuation of an event after dropBeforePosition. During a replay the
// event's own continuation only shows where the replay is. Then the last record that kin passes on
// counts, and an event without one does not move the position. No event moves the position back.
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
	if isBack && !s.replays && !s.reportedOldRecords {
		s.reportedOldRecords = true
		s.Info(fmt.Sprintf("%s/%s: the endpoint sent a ContinuationSequenceNumber from before the requested position: kin keeps its position", s.Stream(), s.ShardID()))
	}
	if isBack || s.replays {
		return s.at.Continuation
	}
	return c
}

// isBeforePosition reports whether a record precedes the position.
func (s *cursor) isBeforePosition(r types.Record) bool {
	sequence := aws.ToString(r.SequenceNumber)
	switch s.at.Kind {
	case record.AfterSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) <= 0
	case record.AtSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) < 0
	case record.AtTimestamp:
		if c := s.at.Continuation; c != "" {
			// The continuation is past the requested time. Later records may have an earlier
			// arrival time, because arrival times are not ordered.
			return validate.SequenceNumber(sequence) && validate.SequenceNumber(c) && validate.Compare(sequence, c) <= 0
		}
		// Calls send times in whole milliseconds.
		arrived := aws.ToTime(r.ApproximateArrivalTimestamp)
		return !arrived.IsZero() && arrived.Before(s.at.Timestamp.Truncate(time.Millisecond))
	case record.TrimHorizon, record.ShardEnd:
	}
	return false
}
