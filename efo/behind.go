package efo

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/validate"
)

// dropBehind drops the records of an event that come before the position that was
// asked for: some servers ignore it and begin with the oldest record. It reports
// that once for a shard. It returns false when nothing of the event is left.
func (s *source) dropBehind(event *types.SubscribeToShardEvent) bool {
	had := len(event.Records)
	if s.at.Position == checkpoint.AtTimestamp && s.at.Continuation == "" {
		// Arrival times are not in order: only what leads comes before the position.
		for len(event.Records) > 0 && s.isBehind(event.Records[0]) {
			event.Records = event.Records[1:]
		}
	} else {
		event.Records = slices.DeleteFunc(event.Records, s.isBehind)
	}
	dropped := had - len(event.Records)
	if dropped == 0 {
		return true
	}
	s.Log().Debug("dropped records from before the position", "stream", s.Stream(), "shard", s.ShardID(), "records", dropped)
	if !s.saidBehind {
		s.saidBehind = true
		s.Say(fmt.Sprintf("%s/%s: the endpoint sends records from before the position that was asked for: kin drops them", s.Stream(), s.ShardID()))
	}
	return len(event.Records) > 0 || aws.ToString(event.ContinuationSequenceNumber) == ""
}

// isBehind says whether a record comes before the position.
func (s *source) isBehind(r types.Record) bool {
	sequence := aws.ToString(r.SequenceNumber)
	switch s.at.Position {
	case checkpoint.AfterSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) <= 0
	case checkpoint.AtSequenceNumber:
		return validate.SequenceNumber(sequence) && validate.Compare(sequence, s.at.SequenceNumber) < 0
	case checkpoint.AtTimestamp:
		if c := s.at.Continuation; c != "" {
			// The service has gone on behind the time, to the continuation. A record
			// behind that may bear an earlier arrival time: those are not in order.
			return validate.SequenceNumber(sequence) && validate.SequenceNumber(c) && validate.Compare(sequence, c) <= 0
		}
		// Calls carry times in whole milliseconds.
		arrived := aws.ToTime(r.ApproximateArrivalTimestamp)
		return !arrived.IsZero() && arrived.Before(s.at.Timestamp.Truncate(time.Millisecond))
	case checkpoint.TrimHorizon, checkpoint.ShardEnd:
	}
	return false
}
