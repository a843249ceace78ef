package local

import "strings"

// target returns the stream of a request, which is named by StreamName, StreamARN or both. Its
// error covers the violations of all members read so far, so call it after reading the others.
func (e *Endpoint) target(c *call) (*stream, error) {
	name := c.args.text("StreamName", streamName)
	streamARN := c.args.text("StreamARN", arn)
	if err := c.args.problem(); err != nil {
		return nil, err
	}
	return e.named(name, streamARN)
}

// named returns a stream by name, ARN or both.
func (e *Endpoint) named(name, streamARN string) (*stream, error) {
	if name == "" && streamARN == "" {
		return nil, invalid("Either StreamName or StreamARN must be provided.")
	}
	if streamARN != "" {
		r, ok := parseARN(streamARN)
		if !ok || r.consumer != "" {
			return nil, notAnARN("StreamARN", streamARN, `arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)
		}
		if r.account != Account {
			return nil, notFound("Stream %s under account %s not found.", r.stream, r.account)
		}
		if name != "" && name != r.stream {
			return nil, invalidArgument("StreamName %s and StreamARN %s do not name the same stream.", name, streamARN)
		}
		name = r.stream
	}
	return e.stream(name)
}

func notAnARN(member, value, pattern string) error {
	return invalid("1 validation error detected: %s",
		violation(member, quoted(value), "Member must satisfy regular expression pattern: "+pattern))
}

// resource is a stream or a consumer of a stream, as named by an ARN.
type resource struct {
	account  string
	stream   string
	consumer string // NAME:EPOCH, empty for a stream
}

// parseARN parses arn:aws:kinesis:REGION:ACCOUNT:stream/NAME, with /consumer/NAME:EPOCH at the
// end for a consumer. It accepts any partition and region.
func parseARN(s string) (resource, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) < 6 || p[0] != "arn" || !strings.HasPrefix(p[1], "aws") || p[2] != "kinesis" || len(p[4]) != len(Account) {
		return resource{}, false
	}
	path, ok := strings.CutPrefix(p[5], "stream/")
	name, consumer, isConsumer := strings.Cut(path, "/consumer/")
	if !ok || !namePattern.MatchString(name) || isConsumer && consumer == "" {
		return resource{}, false
	}
	return resource{p[4], name, consumer}, true
}

// consumerResource parses the ARN of a consumer.
func consumerResource(s string) (resource, error) {
	r, ok := parseARN(s)
	if !ok || r.consumer == "" {
		return r, notAnARN("ConsumerARN", s, `^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`)
	}
	return r, nil
}

// streamARN returns the ARN of the stream in the region that the request was signed for.
func (r resource) streamARN(c *call) string {
	return "arn:aws:kinesis:" + c.region + ":" + r.account + ":stream/" + r.stream
}

// arn returns the stream's ARN in the region that the request was signed for.
func (s *stream) arn(c *call) string {
	return "arn:aws:kinesis:" + c.region + ":" + Account + ":stream/" + s.name
}

// mustBeActive returns an error if the stream is not ACTIVE.
func (s *stream) mustBeActive(now int64) error {
	if state := s.state(now); state != active {
		return inUse("Stream %s under account %s not ACTIVE, instead in state %s", s.name, Account, state)
	}
	return nil
}

// serves returns an error if the stream cannot be read or written, because it is CREATING. An
// UPDATING stream can, and the service may continue to serve a DELETING one.
func (s *stream) serves(now int64) error {
	if s.state(now) == creating {
		return streamNotFound(s.name)
	}
	return nil
}

// wasCreated refuses a stream that was created at another time, in milliseconds.
// Callers may know the second alone.
func (s *stream) wasCreated(at int64) error {
	if at != s.created && at != s.created/1000*1000 {
		return notFound("Stream %s under account %s with creation timestamp %s not found.", s.name, Account, appendSeconds(nil, at))
	}
	return nil
}
