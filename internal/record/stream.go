package record

import "regexp"

// Stream names a stream in calls and in output.
type Stream struct {
	Given  string // as the caller named it
	Name   string // out of the ARN if there is one; empty where Given is neither a name nor an ARN
	ARN    string // empty when the caller gave a name
	Region string // of the ARN; empty when the caller gave a name
}

// stream is what the service allows as a stream's name or ARN (API
// documentation: StreamName, StreamARN).
var stream = regexp.MustCompile(`^(?:arn:aws[^:]*:kinesis:([^:]+):[0-9]{12}:stream/)?([a-zA-Z0-9_.-]{1,128})$`)

// ParseStream reads a name or an ARN. What is neither has an empty Name.
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

// ByName is a request's StreamName: empty where the caller gave an ARN, which is then the
// request's StreamARN.
func (s Stream) ByName() string {
	if s.ARN != "" {
		return ""
	}
	return s.Name
}
