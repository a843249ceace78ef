// Package efo reads streams with enhanced fan-out. A stream consumer is registered with a stream
// and has its own read throughput.
//
// Registry finds, registers and removes consumers. It returns only what the service has just
// answered. Every wait is bounded and ends with the context. Another process may register or remove
// a consumer at the same time.
package efo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/internal/record"
)

// Consumer is a registered stream consumer.
type Consumer struct {
	Name string
	// ARN includes the second of the registration. A consumer that was removed and registered again
	// has another ARN.
	ARN       string
	Status    types.ConsumerStatus // CREATING, ACTIVE or DELETING
	Created   time.Time            // by the service's clock, in whole seconds; zero if unknown
	StreamARN string
}

// ID selects a consumer by name or by ARN. A name has no colon, so the two cannot be confused.
type ID string

func (id ID) isARN() bool { return strings.HasPrefix(string(id), "arn:") }

// Region returns the region in an ARN; it is empty for a name.
func (id ID) Region() string {
	if m := consumerARN.FindStringSubmatch(string(id)); m != nil {
		return record.ParseStream(m[1]).Region
	}
	return ""
}

// Name returns the name of the consumer. It extracts the name from an ARN.
func (id ID) Name() string {
	if m := consumerARN.FindStringSubmatch(string(id)); m != nil {
		return m[2]
	}
	return string(id)
}

var (
	consumerName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)
	consumerARN  = regexp.MustCompile(`^(arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128})/consumer/([a-zA-Z0-9_.-]{1,128}):[0-9]+$`)
)

// CheckName reports whether RegisterStreamConsumer accepts the name (API documentation). The error
// is a *record.OptionError.
func CheckName(name string) error {
	if consumerName.MatchString(name) {
		return nil
	}
	return &record.OptionError{Field: "consumer name", Want: fmt.Sprintf("1 to 128 letters, digits and _.-, not %q", name)}
}

// CheckID accepts the name of a consumer, or the ARN of a consumer of this stream. stream is a name
// or an ARN. The error is a *record.OptionError.
func CheckID(id ID, stream string) error {
	if !id.isARN() {
		return CheckName(string(id))
	}
	m := consumerARN.FindStringSubmatch(string(id))
	switch {
	case m == nil:
		return &record.OptionError{Field: "consumer ARN", Want: fmt.Sprintf("an ARN such as STREAM-ARN/consumer/NAME:1732406400, not %q", id)}
	case stream != m[1] && stream != record.ParseStream(m[1]).Name:
		return &record.OptionError{Field: "consumer ARN", Want: fmt.Sprintf("the ARN of a consumer of %s, not of %s", stream, m[1])}
	}
	return nil
}

// ephemeralMark separates the prefix and the UUID in the name of an ephemeral consumer.
const ephemeralMark = "tmp_"

// EphemeralName returns a consumer name for a single run without a checkpoint. The run removes the
// consumer at its end. Prunable finds the consumer if the run could not.
func EphemeralName(prefix string, run uuid.UUID) string { return prefix + ephemeralMark + run.String() }

// IsEphemeral reports whether EphemeralName made this name with this prefix.
func IsEphemeral(prefix, name string) bool {
	rest, ok := strings.CutPrefix(name, prefix+ephemeralMark)
	if !ok {
		return false
	}
	id, err := uuid.Parse(rest)
	return err == nil && id.String() == rest // uuid.Parse accepts other spellings too
}

// isEphemeral is IsEphemeral for any prefix.
func isEphemeral(name string) bool {
	return IsEphemeral(name[:max(0, strings.LastIndex(name, ephemeralMark))], name)
}

// Prunable returns the ephemeral consumers with this prefix that were registered more than
// olderThan before now. now is the service's time. Consumers in state DELETING are skipped. If
// olderThan is 0, the age does not matter. Otherwise a consumer of unknown age is skipped.
func Prunable(all []Consumer, prefix string, olderThan time.Duration, now time.Time) []Consumer {
	var found []Consumer
	for _, c := range all {
		old := olderThan == 0 || !c.Created.IsZero() && now.Sub(c.Created) > olderThan // olderThan 0 has its own case: Created may be a second after now, which is a Date header
		if old && c.Status != types.ConsumerStatusDeleting && IsEphemeral(prefix, c.Name) {
			found = append(found, c)
		}
	}
	return found
}

// Undated returns the ephemeral consumers with this prefix that have no registration time.
// Consumers in state DELETING are skipped.
func Undated(all []Consumer, prefix string) []Consumer {
	return slices.DeleteFunc(Prunable(all, prefix, 0, time.Time{}), func(c Consumer) bool { return !c.Created.IsZero() })
}

func fromDescription(d *types.ConsumerDescription) Consumer {
	if d == nil {
		return Consumer{}
	}
	return Consumer{
		Name: aws.ToString(d.ConsumerName), ARN: aws.ToString(d.ConsumerARN), Status: d.ConsumerStatus,
		Created: aws.ToTime(d.ConsumerCreationTimestamp), StreamARN: aws.ToString(d.StreamARN),
	}
}

func fromList(c types.Consumer, stream string) Consumer {
	return Consumer{
		Name: aws.ToString(c.ConsumerName), ARN: aws.ToString(c.ConsumerARN), Status: c.ConsumerStatus,
		Created: aws.ToTime(c.ConsumerCreationTimestamp), StreamARN: stream,
	}
}
