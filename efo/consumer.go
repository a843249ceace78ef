// Package efo is enhanced fan-out: stream consumers, which are registered with
// a stream and have a throughput of their own.
//
// Registry finds, registers and removes them. It promises that what it returns
// was said by the service just then, and that every wait is bounded and ends
// with the context; it does not promise that nobody else registers or removes
// a consumer meanwhile.
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
	// ARN holds the second of the registration: a consumer that was removed
	// and registered again has another one.
	ARN       string
	Status    types.ConsumerStatus // CREATING, ACTIVE or DELETING
	Created   time.Time            // by the service's clock, in whole seconds; zero when it is not known
	StreamARN string
}

// ID is how a consumer is asked for: by name, or by ARN. A name has no colon,
// so one text cannot mean both.
type ID string

func (id ID) isARN() bool { return strings.HasPrefix(string(id), "arn:") }

// Region is the one that the ARN names; empty for a name.
func (id ID) Region() string {
	if m := consumerARN.FindStringSubmatch(string(id)); m != nil {
		return record.ParseStream(m[1]).Region
	}
	return ""
}

// Name is the consumer's name, also out of an ARN.
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

// CheckName wants what RegisterStreamConsumer takes as a name (API
// documentation). The error is a *record.OptionError.
func CheckName(name string) error {
	if consumerName.MatchString(name) {
		return nil
	}
	return &record.OptionError{Field: "consumer name", Want: fmt.Sprintf("1 to 128 letters, digits and _.-, not %q", name)}
}

// CheckID wants a name, or the ARN of a consumer of the given stream, which is
// a name or an ARN. The error is a *record.OptionError.
func CheckID(id ID, stream string) error {
	if !id.isARN() {
		return CheckName(string(id))
	}
	m := consumerARN.FindStringSubmatch(string(id))
	switch {
	case m == nil:
		return &record.OptionError{Field: "consumer ARN", Want: fmt.Sprintf("one such as STREAM-ARN/consumer/NAME:1732406400, not %q", id)}
	case stream != m[1] && stream != record.ParseStream(m[1]).Name:
		return &record.OptionError{Field: "consumer ARN", Want: fmt.Sprintf("one of a consumer of %s, not of %s", stream, m[1])}
	}
	return nil
}

// ephemeral stands between the prefix and the UUID of an ephemeral consumer's
// name.
const ephemeral = "tmp_"

// EphemeralName names the consumer of one run that keeps no checkpoint: it is
// to go when the run ends, and Prunable finds it when it did not.
func EphemeralName(prefix string, run uuid.UUID) string { return prefix + ephemeral + run.String() }

// IsEphemeral says whether EphemeralName made a name with this prefix.
func IsEphemeral(prefix, name string) bool {
	rest, ok := strings.CutPrefix(name, prefix+ephemeral)
	if !ok {
		return false
	}
	id, err := uuid.Parse(rest)
	return err == nil && id.String() == rest // Parse takes other spellings too
}

// isEphemeral is IsEphemeral with whatever prefix.
func isEphemeral(name string) bool {
	return IsEphemeral(name[:max(0, strings.LastIndex(name, ephemeral))], name)
}

// Prunable are the ephemeral consumers with this prefix that were registered
// longer than olderThan before now, which is to be the service's time, and
// are not being deleted already. An olderThan of 0 takes them at any age; a consumer
// of unknown age is never old enough otherwise.
func Prunable(all []Consumer, prefix string, olderThan time.Duration, now time.Time) []Consumer {
	var found []Consumer
	for _, c := range all {
		old := olderThan == 0 || !c.Created.IsZero() && now.Sub(c.Created) > olderThan // the service's clock may be ahead of its Date by a second
		if old && c.Status != types.ConsumerStatusDeleting && IsEphemeral(prefix, c.Name) {
			found = append(found, c)
		}
	}
	return found
}

// Undated are the ephemeral consumers with this prefix that have no registration
// time, and are not being deleted.
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
