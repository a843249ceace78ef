// Package validate checks the members of the service's answers before anything else uses them. It
// follows the API documentation. It is lenient where other implementations of Kinesis differ.
package validate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/servertime"
)

// highestSequenceNumber is the highest number with 186 bits (awslabs/amazon-kinesis-client,
// SequenceNumberValidator.java). The API documentation allows 129 digits. A number that is too high
// is dangerous: all later records would look as if they had been received.
const highestSequenceNumber = "98079714615416886934934209737619787751599303819750539263"

// SequenceNumber reports whether s is a sequence number.
func SequenceNumber(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) <= len(highestSequenceNumber) && Compare(s, highestSequenceNumber) <= 0
}

// Compare compares two sequence numbers numerically. The result is -1, 0 or 1.
func Compare(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	switch {
	case len(a) < len(b):
		return -1
	case len(a) > len(b):
		return 1
	}
	return strings.Compare(a, b)
}

var (
	shardID   = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)
	streamARN = regexp.MustCompile(`^arn:[^:]+:kinesis:[^:]*:[^:]*:stream/([a-zA-Z0-9_.-]{1,128})$`)
)

// ShardID reports whether s is a valid shard ID.
func ShardID(s string) bool { return shardID.MatchString(s) }

// Error means that an answer is invalid. Reason is the problem.
type Error struct{ Reason string }

func (e *Error) Error() string { return "the answer cannot be right: " + e.Reason }

// Errors for answers without the requested member. An empty list is not null. Every stream has an
// open shard, so a list of shards is never empty.
var (
	ErrNoSummary = errors.New("the answer has no summary")
	ErrNoShards  = errors.New("the answer has no shards")
)

func invalid(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// truncate shortens a part of an answer for a message.
func truncate(s string) string {
	const maxBytes = 60
	if len(s) > maxBytes {
		return s[:maxBytes] + "…"
	}
	return s
}

// maxMillisBehind is above any real MillisBehindLatest, in milliseconds: ten years.
const maxMillisBehind = 10 * 366 * 24 * 60 * 60 * 1000

// Records validates the records of one answer and its MillisBehindLatest. Each record needs a
// payload and a sequence number. Sequence numbers must increase, and times must be plausible. A
// record may have no partition key (API documentation of the strategy AUTO).
//
// A missing list or payload is nil; an empty one is not. behind may be nil.
func Records(records []types.Record, behind *int64) error {
	if records == nil {
		return invalid("it has no list of records")
	}
	if behind != nil && (*behind < 0 || *behind > maxMillisBehind) {
		return invalid("MillisBehindLatest is %d", *behind)
	}
	last := ""
	for i, r := range records {
		sequence := aws.ToString(r.SequenceNumber)
		switch {
		case sequence == "":
			return invalid("record %d of %d has no sequence number", i+1, len(records))
		case !SequenceNumber(sequence):
			return invalid("sequence number %q is not a number", truncate(sequence))
		case r.Data == nil:
			return invalid("record %s has no payload", sequence)
		case last != "" && Compare(sequence, last) <= 0:
			return invalid("sequence number %s follows %s", sequence, last)
		case r.ApproximateArrivalTimestamp != nil && !servertime.Plausible(*r.ApproximateArrivalTimestamp):
			return invalid("the arrival time of record %s is out of range", sequence)
		}
		last = sequence
	}
	return nil
}

// Arrivals compares the arrival times of records with the service's time now. A zero now skips the
// check. Records must have validated the records first.
//
// The SDK stores times in 64 bits of nanoseconds. A time after 2262 overflows into another one that
// may look plausible. The range is wide in both directions, because the two clocks of an endpoint
// may differ.
func Arrivals(records []types.Record, now time.Time) error {
	const maxDifference = 400 * 24 * time.Hour // a stream retains records for at most 365 days
	if now.IsZero() {
		return nil
	}
	from, to := now.Add(-maxDifference), now.Add(maxDifference)
	for _, r := range records {
		if at := r.ApproximateArrivalTimestamp; at != nil && (at.Before(from) || at.After(to)) {
			return invalid("the arrival time of record %s is more than 400 days from the service's time", aws.ToString(r.SequenceNumber))
		}
	}
	return nil
}

// Shard validates one listed shard. Only its ID is required, because other implementations omit the
// rest. Hash keys are not checked, because most reads do not use them.
func Shard(s types.Shard) error {
	id := aws.ToString(s.ShardId)
	if !ShardID(id) {
		return invalid("%q is not the ID of a shard", truncate(id))
	}
	for _, parent := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if p := aws.ToString(parent); p != "" && !ShardID(p) {
			return invalid("parent %q of shard %s is not a shard ID", truncate(p), id)
		}
	}
	if r := s.SequenceNumberRange; r != nil {
		for _, sequence := range []*string{r.StartingSequenceNumber, r.EndingSequenceNumber} {
			if n := aws.ToString(sequence); n != "" && !SequenceNumber(n) {
				return invalid("sequence number %q of shard %s is not a number", truncate(n), id)
			}
		}
	}
	return nil
}

// Child reports whether c is valid and has parents. It cannot detect a shard that is its own
// ancestor, because that needs the other shards.
func Child(c types.ChildShard) bool {
	if !ShardID(aws.ToString(c.ShardId)) || len(c.ParentShards) == 0 {
		return false
	}
	for _, p := range c.ParentShards {
		if !ShardID(p) {
			return false
		}
	}
	return true
}

// maxRetentionHours is above any real retention period. The service allows a year.
const maxRetentionHours = 100 * 366 * 24

// Summary validates the description of a stream. stream is the name or ARN in the request. Missing
// members are allowed, and so is a nil s.
func Summary(stream string, s *types.StreamDescriptionSummary) error {
	if s == nil {
		return nil
	}
	if m := streamARN.FindStringSubmatch(stream); m != nil {
		stream = m[1]
	}
	if name := aws.ToString(s.StreamName); name != "" && name != stream {
		return invalid("it is about stream %q", truncate(name))
	}
	if arn := aws.ToString(s.StreamARN); s.StreamARN != nil {
		if m := streamARN.FindStringSubmatch(arn); m == nil || m[1] != stream {
			return invalid("%q is not the ARN of stream %s", truncate(arn), stream)
		}
	}
	if hours := s.RetentionPeriodHours; hours != nil && (*hours < 1 || *hours > maxRetentionHours) {
		return invalid("RetentionPeriodHours of stream %s is %d", stream, *hours)
	}
	if created := s.StreamCreationTimestamp; created != nil && !servertime.Plausible(*created) {
		return invalid("the creation time of stream %s is out of range", stream)
	}
	return nil
}
