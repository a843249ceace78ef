// Package garble answers API calls with recorded answers that were changed at random. It is
// for fuzz tests only.
//
// The same script changes the same calls in the same way. After MostCalls calls every call
// is refused permanently, so each run ends.
package garble

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// MostCalls is the number of calls of a run that are answered.
const MostCalls = 200

// Client is an HTTP client that replays recorded answers. Each call takes a few bytes of
// the script, which select the changes to its answer. After the end of the script, answers
// are unchanged. It is safe for concurrent use.
type Client struct {
	recorded *Recording

	began time.Time

	mu     sync.Mutex // guards the following
	script []byte
	calls  int
}

// NewClient returns a client for one run.
func NewClient(recorded *Recording, script []byte) *Client {
	return &Client{recorded: recorded, script: script, began: time.Now()}
}

// Calls returns the number of calls made.
func (c *Client) Calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// Do answers a call.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	_, op, _ := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if c.calls > MostCalls {
		return c.answer(http.StatusBadRequest, jsonType, []byte(`{"__type":"AccessDeniedException","message":"the script is over"}`), c.recorded.at), nil
	}
	s := &decisions{c.script}
	body := c.recorded.next(op, c.calls)
	now := c.recorded.at.Add(time.Since(c.began))
	status, media := http.StatusOK, jsonType
	switch s.next() % 16 {
	case 1:
		now = time.Unix(0, 0)
	case 2:
		now = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	case 3:
		now = now.Add(time.Duration(int8(s.next())) * time.Hour)
	case 4:
		now = time.Time{}
	}
	switch how := s.next() % 32; {
	case how < 12: // unchanged
	case how < 26:
		for range 1 + s.next()%4 {
			body = c.change(op, body, s)
		}
	case how == 26:
		body = body[:int(s.next())*len(body)/256]
	case how == 27:
		body = bytes.Clone(body)
		if len(body) > 0 {
			body[int(s.next())*len(body)/256] = s.next()
		}
	case how == 28:
		status, media, body = http.StatusServiceUnavailable, "text/html", []byte("<html>")
	case how == 29:
		body = []byte([]string{"", "{}", "null", "[]", "0", `""`, "\x00"}[s.next()%7])
	default:
		status = http.StatusBadRequest
		body = []byte(`{"__type":"` + codes[int(s.next())%len(codes)] + `","message":"garbled"}`)
	}
	if op == "SubscribeToShard" && status == http.StatusOK {
		media = "application/vnd.amazon.eventstream"
	}
	c.script = s.left
	return c.answer(status, media, body, now), nil
}

const jsonType = "application/x-amz-json-1.1"

// codes are the error codes that an answer may have.
var codes = []string{
	"InternalFailure", "ProvisionedThroughputExceededException", "ExpiredIteratorException", "InvalidArgumentException",
	"ResourceNotFoundException", "LimitExceededException", "ResourceInUseException", "ExpiredNextTokenException",
	"ExpiredTokenException", "InvalidSignatureException", "UnknownOperationException", "DryRunOperationException", "",
}

func (c *Client) answer(status int, media string, body []byte, date time.Time) *http.Response {
	h := http.Header{"Content-Type": {media}, "X-Amzn-Requestid": {"1"}}
	if !date.IsZero() {
		h.Set("Date", date.UTC().Format(http.TimeFormat))
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
}

// change makes one change in an answer.
func (c *Client) change(op string, body []byte, s *decisions) []byte {
	if op == "SubscribeToShard" {
		return changeFrames(body, s)
	}
	return changeJSON(body, s)
}

// decisions are the remaining bytes of a script. next returns 0 after the last one.
type decisions struct{ left []byte }

func (s *decisions) next() byte {
	if len(s.left) == 0 {
		return 0
	}
	b := s.left[0]
	s.left = s.left[1:]
	return b
}

// changeJSON changes one value of a JSON text. It returns other text unchanged.
func changeJSON(text []byte, s *decisions) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return text
	}
	changed, err := json.Marshal(changeValue(v, s, 0))
	if err != nil {
		return text
	}
	return changed
}

// changeValue follows a path that the script selects, and changes the value there.
func changeValue(v any, s *decisions, depth int) any {
	b := s.next()
	if depth > 0 && b < 96 {
		return newValue(v, s)
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return newValue(v, s)
		}
		name := sortedKeys(v)[int(b)%len(v)]
		if s.next() < 24 {
			delete(v, name)
		} else {
			v[name] = changeValue(v[name], s, depth+1)
		}
		return v
	case []any:
		if len(v) == 0 {
			return []any{newValue(nil, s)}
		}
		i := int(b) % len(v)
		switch how := s.next(); {
		case how < 24:
			return append(v, v[i])
		case how < 48:
			return append(v[:i:i], v[i+1:]...)
		case how < 72:
			j := int(s.next()) % len(v)
			v[i], v[j] = v[j], v[i]
			return v
		default:
			v[i] = changeValue(v[i], s, depth+1)
			return v
		}
	}
	return newValue(v, s)
}

// newValue returns a replacement for a value.
func newValue(v any, s *decisions) any {
	text, isText := v.(string)
	switch s.next() % 16 {
	case 0:
		return nil
	case 1:
		return map[string]any{}
	case 2:
		return []any{}
	case 3:
		return json.Number("0")
	case 4:
		return json.Number("-1")
	case 5:
		return json.Number("1e300")
	case 6:
		return json.Number("9223372036854775807")
	case 7:
		return ""
	case 8:
		return strings.Repeat("9", 200)
	case 9:
		return "shardId-00000000000" + string('0'+s.next()%10)
	case 10:
		return "not a number \u2028 \x00"
	case 11:
		return true
	}
	if isText && len(text) > 0 { // change one character
		b := []byte(text)
		b[int(s.next())*len(b)/256] = '0' + s.next()%10
		return string(b)
	}
	return json.Number("253402300800") // the year 10000
}

// changeFrames changes one message of an event stream, or the number of messages.
func changeFrames(body []byte, s *decisions) []byte {
	var frames []eventstream.Message
	decoder, reader := eventstream.NewDecoder(), bytes.NewReader(body)
	for {
		m, err := decoder.Decode(reader, nil)
		if err != nil {
			break
		}
		frames = append(frames, m.Clone())
	}
	if len(frames) == 0 {
		return body
	}
	i := int(s.next()) % len(frames)
	switch how := s.next(); {
	case how < 24:
		frames = append(frames, frames[i])
	case how < 48:
		frames = append(frames[:i:i], frames[i+1:]...)
	case how < 72:
		j := int(s.next()) % len(frames)
		frames[i], frames[j] = frames[j], frames[i]
	default:
		frames[i].Payload = changeJSON(frames[i].Payload, s)
	}
	var out bytes.Buffer
	encoder := eventstream.NewEncoder()
	for _, m := range frames {
		if encoder.Encode(&out, m) != nil {
			return body
		}
	}
	return out.Bytes()
}

// Seeds returns scripts for a fuzz corpus: an empty one, and some for each kind of change.
func Seeds() [][]byte {
	seeds := [][]byte{nil}
	for how := range 32 {
		var script []byte
		for i := range 60 {
			script = append(script, byte(i*how), byte(how), byte(i*37+how*11), byte(i*101+how))
		}
		seeds = append(seeds, script)
	}
	return seeds
}
