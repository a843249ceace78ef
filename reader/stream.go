package reader

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// streamRef names a stream in calls and in output.
type streamRef struct {
	given string // as the caller named it
	name  string // the name, out of the ARN if there is one
	arn   string // empty when the caller gave a name
}

// streamName is what the service allows as a name.
var streamName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)

// newStreamRef reads a name or an ARN. What is neither has an empty name.
func newStreamRef(s string) streamRef {
	if !strings.HasPrefix(s, "arn:") {
		if !streamName.MatchString(s) {
			return streamRef{given: s}
		}
		return streamRef{given: s, name: s}
	}
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[2] != "kinesis" {
		return streamRef{given: s}
	}
	name, ok := strings.CutPrefix(parts[5], "stream/")
	if !ok || !streamName.MatchString(name) {
		return streamRef{given: s}
	}
	return streamRef{given: s, name: name, arn: s}
}

// byName and byARN are the two members of a request that name the stream: one
// of them is nil.
func (r streamRef) byName() *string {
	if r.arn != "" {
		return nil
	}
	return aws.String(r.name)
}

func (r streamRef) byARN() *string {
	if r.arn == "" {
		return nil
	}
	return aws.String(r.arn)
}
