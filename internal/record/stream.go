package record

import "regexp"

// Stream is the name of a stream for calls and output.
type Stream struct {
	Given  string // as the caller named it
	Name   string // from the ARN if there is one; empty if Given is neither a name nor an ARN
	ARN    string // empty if the caller gave a name
	Region string // from the ARN; empty if the caller gave a name
}

// stream matches the stream names and ARNs that the service allows (API documentation:
// StreamName, StreamARN).
var stream = regexp.MustCompile(`^(?:arn:aws[^:]*:kinesis:([^:]+):[0-9]{12}:stream/)?([a-zA-Z0-9_.-]{1,128})$`)

// ParseStream parses a name or an ARN. For anything else, Name is empty.
func ParseStream(s string) Stream {
	m := stream.FindStringSubmatch(s)
	switch {
	case m == nil:
		return Stream{Given: s}
	case m[1] == "":
		return Stream{Given: s, Name: s}
	}
	return Stream{Given: s, Name: m[2], ARN: s, Region: m[1]}
}

// ByName returns the StreamName of a request. It is empty if the caller gave an ARN: the
// request then has a StreamARN.
func (s Stream) ByName() string {
	if s.ARN != "" {
		return ""
	}
	return s.Name
}
