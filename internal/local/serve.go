package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	target   = "Kinesis_20131202."
	jsonType = "application/x-amz-json-1.1"

	// maxBody is larger than any valid request, which is 10 MiB in base64 and 500 keys in which
	// every character is escaped.
	maxBody = 20 << 20
)

// operations has the API calls of the endpoint. Each is in its own file.
var operations = map[string]func(*Endpoint, *call) error{
	"AddTagsToStream":               (*Endpoint).addTagsToStream,
	"CreateStream":                  (*Endpoint).createStream,
	"DecreaseStreamRetentionPeriod": (*Endpoint).decreaseStreamRetentionPeriod,
	"DeleteStream":                  (*Endpoint).deleteStream,
	"DeregisterStreamConsumer":      (*Endpoint).deregisterStreamConsumer,
	"DescribeAccountSettings":       (*Endpoint).describeAccountSettings,
	"DescribeLimits":                (*Endpoint).describeLimits,
	"DescribeStream":                (*Endpoint).describeStream,
	"DescribeStreamConsumer":        (*Endpoint).describeStreamConsumer,
	"DescribeStreamSummary":         (*Endpoint).describeStreamSummary,
	"DisableEnhancedMonitoring":     (*Endpoint).disableEnhancedMonitoring,
	"EnableEnhancedMonitoring":      (*Endpoint).enableEnhancedMonitoring,
	"GetRecords":                    (*Endpoint).getRecords,
	"GetShardIterator":              (*Endpoint).getShardIterator,
	"IncreaseStreamRetentionPeriod": (*Endpoint).increaseStreamRetentionPeriod,
	"ListShards":                    (*Endpoint).listShards,
	"ListStreamConsumers":           (*Endpoint).listStreamConsumers,
	"ListStreams":                   (*Endpoint).listStreams,
	"ListTagsForResource":           (*Endpoint).listTagsForResource,
	"ListTagsForStream":             (*Endpoint).listTagsForStream,
	"MergeShards":                   (*Endpoint).mergeShards,
	"PutRecord":                     (*Endpoint).putRecord,
	"PutRecords":                    (*Endpoint).putRecords,
	"RegisterStreamConsumer":        (*Endpoint).registerStreamConsumer,
	"RemoveTagsFromStream":          (*Endpoint).removeTagsFromStream,
	"SplitShard":                    (*Endpoint).splitShard,
	"StartStreamEncryption":         (*Endpoint).startStreamEncryption,
	"StopStreamEncryption":          (*Endpoint).stopStreamEncryption,
	"SubscribeToShard":              (*Endpoint).subscribeToShard,
	"TagResource":                   (*Endpoint).tagResource,
	"UntagResource":                 (*Endpoint).untagResource,
	"UpdateAccountSettings":         (*Endpoint).updateAccountSettings,
	"UpdateMaxRecordSize":           (*Endpoint).updateMaxRecordSize,
	"UpdateShardCount":              (*Endpoint).updateShardCount,
	"UpdateStreamMode":              (*Endpoint).updateStreamMode,
}

// call is one request and its response.
type call struct {
	op     string
	region string
	body   []byte     // of the request, reused after the call
	args   *arguments // nil for PutRecords until it has parsed the body
	out    []byte     // body of the response, reused after the call
	script script     // the scripted faults of this call
	xml    bool       // the response is XML, for STS

	subscription *subscription // only for SubscribeToShard: the subscription to serve
}

// media returns the media type of the response.
func (c *call) media() string {
	if c.xml {
		return xmlType
	}
	return jsonType
}

// reply sets the response to v as JSON.
func (c *call) reply(v any) error {
	b := bytes.NewBuffer(c.out[:0])
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.out = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return nil
}

// seconds is a time in milliseconds. Its JSON form is the API's: a number of seconds with
// decimals.
type seconds int64

func (s seconds) MarshalJSON() ([]byte, error) { return appendSeconds(nil, int64(s)), nil }

func appendSeconds(dst []byte, ms int64) []byte {
	dst = strconv.AppendInt(dst, ms/1000, 10)
	m := ms % 1000
	return append(dst, '.', byte('0'+m/100), byte('0'+m/10%10), byte('0'+m%10))
}

// buffers has unused buffers for the bodies of requests and responses.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// ServeHTTP answers one request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_kin/") {
		e.serveHooks(w, r)
		return
	}
	h := w.Header()
	h.Set("Date", e.Now().UTC().Format(http.TimeFormat))
	h.Set("X-Amzn-Requestid", requestID())

	if r.Method != http.MethodPost {
		e.refuse(w, http.StatusForbidden, "AccessDeniedException", "Unable to determine service/operation name to be authorized")
		return
	}
	if isSTS(r) {
		e.serveSTS(w, r)
		return
	}
	op, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), target)
	handle, known := operations[op]
	if !known {
		e.answer(w, nil, &apiError{"UnknownOperationException", ""})
		return
	}

	c := &call{op: op, region: Region}
	in, out := buffers.Get().(*[]byte), buffers.Get().(*[]byte)
	defer func() {
		*in, *out = c.body[:0], c.out[:0]
		buffers.Put(in)
		buffers.Put(out)
	}()
	c.body, c.out = *in, *out

	began := time.Now()
	err := e.prepare(c, r)
	if err == nil {
		c.script = e.faults.pick(c)
		if answered := e.before(w, r, op, c.script); answered {
			return
		}
		if err = e.checkSkew(w, r, c.script.skew, "InvalidSignatureException"); err == nil {
			err = c.script.err
		}
		if err == nil {
			err = handle(e, c)
		}
	}
	e.log.Debug("call", "op", op, "error", err, "request", len(c.body), "response", len(c.out), "took", time.Since(began))
	if c.subscription != nil && err == nil {
		e.pump(w, r, c)
		return
	}
	if c.script.breaks() {
		e.breakAnswer(w, r, c, err)
		return
	}
	e.count(op)
	e.answer(w, c, err)
}

// prepare authenticates the caller and reads the request.
func (e *Endpoint) prepare(c *call, r *http.Request) error {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(media) != jsonType {
		return fail("SerializationException", "this endpoint accepts %s, not %q (for an SDK that uses CBOR set CBOR_ENABLED=false or AWS_CBOR_DISABLE=true)", jsonType, media)
	}
	who, err := e.authenticate(r)
	if err != nil {
		return kinesisError(err)
	}
	if who.region != "" {
		c.region = who.region
	}
	if c.body, err = readBody(c.body, r); err != nil {
		return err
	}
	if c.op != "PutRecords" {
		c.args, err = parseArguments(c.body)
	}
	return err
}

func readBody(buf []byte, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return buf, fail("SerializationException", "a request of %d bytes is too large", r.ContentLength)
	}
	b := bytes.NewBuffer(buf[:0])
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(r.Body, maxBody+1))
	if err == nil && b.Len() > maxBody {
		err = errors.New("it is too large")
	}
	if err != nil {
		return b.Bytes(), fail("SerializationException", "read the request: %s", err)
	}
	return b.Bytes(), nil
}

// status returns the HTTP status of a call. If err is not nil, it also sets c.out to the body.
func (c *call) status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	var api *apiError
	if !errors.As(err, &api) {
		api = &apiError{"InternalFailure", err.Error()}
	}
	if c.xml {
		c.out = errorXML(api)
		return stsStatus(api)
	}
	body := struct {
		Type    string `json:"__type"`
		Message string `json:"message,omitempty"`
	}{api.code, api.message}
	_ = c.reply(body) // two strings
	return api.status()
}

// answer writes the response of a call, or its error.
func (e *Endpoint) answer(w http.ResponseWriter, c *call, err error) {
	if c == nil {
		c = &call{}
	}
	write(w, c.status(err), c.media(), c.out)
}

// write sends a whole response. It ignores a client that has disconnected.
func write(w http.ResponseWriter, status int, media string, body []byte) {
	head(w, status, media, len(body))
	_, _ = w.Write(body)
	flush(w)
}

// flush sends the data that net/http has buffered. Only the writers of tests cannot flush.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

func head(w http.ResponseWriter, status int, media string, length int) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
}

// refuse answers a request that is not an API call. It answers in XML, as the service does.
func (e *Endpoint) refuse(w http.ResponseWriter, status int, code, message string) {
	body := fmt.Sprintf("<%s>\n  <Message>%s</Message>\n</%s>\n", code, message, code)
	write(w, status, xmlType, []byte(body))
}

func requestID() string {
	a, b := rand.Uint64(), rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}
