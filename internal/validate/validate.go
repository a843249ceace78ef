// Package validate checks members of the service's answers before anything of
// an answer is used. It knows what the API documentation allows, and is lenient
// where other implementations of the service differ from it.
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

// most is the highest sequence number: it has 186 bits (awslabs/amazon-kinesis-client,
// SequenceNumberValidator.java). The API documentation allows 129 digits. A number that
// is too high is not harmless: what follows it looks as if it had been received.
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

// Compare compares two sequence numbers as the numbers they are: -1, 0 or 1.
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

// ShardID reports whether s can be the ID of a shard.
func ShardID(s string) bool { return shardID.MatchString(s) }

// Error means that an answer cannot be right. It says what is wrong with it.
type Error struct{ Reason string }

func (e *Error) Error() string { return "the answer cannot be right: " + e.Reason }

// Errors of answers without what was asked for. A list that is empty is not null,
// and every stream has an open shard.
var (
	ErrNoSummary = errors.New("the answer has no summary")
	ErrNoShards  = errors.New("the answer has no shards")
)

func invalid(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// brief shortens what an answer held, for a message.
func truncate(s string) string {
	const maxBytes = 60
	if len(s) > maxBytes {
		return s[:maxBytes] + "…"
	}
	return s
}

// mostBehind is more than MillisBehindLatest can be, in milliseconds: ten years.
const maxMillisBehind = 10 * 366 * 24 * 60 * 60 * 1000

// Records checks the records of one answer, and how far it says it is behind: a
// payload and a sequence number for each, in growing order, and times that can be.
// A list that is missing or null is nil here, an empty one is not; so it is with
// payloads. A record may have no partition key (API documentation of the strategy
// AUTO).
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

// Arrivals checks the arrival times of records, which Records has checked, against
// the service's time; zero is not known. The SDK keeps times in 64 bits of
// nanoseconds: a time beyond 2262 comes out as another one, which may look plausible.
// The range is wide on both sides, for endpoints whose two clocks differ.
func Arrivals(records []types.Record, now time.Time) error {
	const maxDifference = 400 * 24 * time.Hour // a stream retains records for 365 days at most
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

// Shard checks one shard of a listing. What is missing beside its ID is nothing
// wrong: other implementations leave it out. Hash keys are for those who use
// them: most reads do not.
func Shard(s types.Shard) error {
	id := aws.ToString(s.ShardId)
	if !ShardID(id) {
		return invalid("%q is not the ID of a shard", truncate(id))
	}
	for _, parent := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if p := aws.ToString(parent); p != "" && !ShardID(p) {
			return invalid("%q is not a parent of shard %s", truncate(p), id)
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

// Child reports whether c can be a child of a shard, and names its parents. That
// a shard is its own ancestor is for those who know the others.
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

// mostRetention is more than a stream can retain its records for, in hours: the
// service allows a year.
const maxRetentionHours = 100 * 366 * 24

// Summary checks what the service says of a stream, which was asked for by name
// or ARN. nil, and what is missing, is nothing wrong.
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
