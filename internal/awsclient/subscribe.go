package awsclient

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/schemas"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// subscription is the event stream of one SubscribeToShard call. It decodes an event only
// when Next is called, so a slow reader slows the sender down. It replaces the SDK's stream,
// which has three faults:
//
//   - It refuses a stream without an initial-response.
//   - It shares a buffer between all streams of a client.
//   - It reports a stream that broke off as one that ended.
type subscription struct {
	body       *streamBody
	close      func()
	protocol   *awsjson.Protocol
	serverTime time.Time
}

// subscribe makes one SubscribeToShard call. The answer may take up to 30 s. ctx limits the
// whole stream, not only the call. It returns a *smithyhttp.ResponseError if the answer is an
// HTML page.
func subscribe(ctx context.Context, client *kinesis.Client, in *kinesis.SubscribeToShardInput) (*subscription, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(answerTimeout, func() { cancel(errNoAnswer) })
	var body io.ReadCloser
	var answer *smithyhttp.Response
	out, err := client.SubscribeToShard(ctx, in, func(o *kinesis.Options) {
		if w, ok := o.HTTPClient.(wholeBody); ok {
			o.HTTPClient = streamedBody{w.streams}
		}
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			_, err := stack.Deserialize.Swap("OperationEventStreamDeserializer", keepBody{&body, &answer})
			return err
		})
	})
	// If the timer fired, the stream is being cancelled already.
	if fired := !timer.Stop(); fired && err == nil {
		err = errNoAnswer
	}
	if err == nil && body == nil {
		err = errNoStream
	}
	if err == nil && strings.HasPrefix(strings.ToLower(answer.Header.Get("Content-Type")), "text/html") {
		err = &smithyhttp.ResponseError{Response: answer, Err: errNoStream}
	}
	if err != nil {
		if body != nil {
			_ = body.Close() // err already has the cause
		}
		if errors.Is(context.Cause(ctx), errNoAnswer) {
			err = fmt.Errorf("%w within %s", errNoAnswer, answerTimeout)
		}
		cancel(nil)
		return nil, err
	}
	s := &subscription{
		body:     &streamBody{r: bufio.NewReaderSize(body, 32<<10)},
		close:    func() { cancel(nil); _ = body.Close() },
		protocol: awsjson.New11(schemas.Kinesis_20131202),

		serverTime: dateOf(out.ResultMetadata),
	}
	return s, nil
}

// answerTimeout limits the time until the service answers, as for other calls.
const answerTimeout = 30 * time.Second

var (
	errNoAnswer = errors.New("no answer")
	errNoStream = errors.New("the answer has no event stream")
)

// ServerTime returns the service's clock when it answered the call, or zero if the answer had
// no Date. Every event is younger.
func (s *subscription) ServerTime() time.Time { return s.serverTime }

// Await waits until the next message begins to arrive and returns its size in bytes, or 0 if
// the size is unknown. Next receives the message. Until then only the connection's read-ahead
// is in memory. Errors are those of Next.
func (s *subscription) Await() (int64, error) {
	s.body.inside = false
	// A message begins with three numbers of four bytes: its length, the length of its
	// headers and a checksum of the two.
	prelude, err := s.body.r.Peek(12)
	switch {
	case errors.Is(err, io.EOF) && len(prelude) > 0:
		return 0, io.ErrUnexpectedEOF
	case err != nil:
		return 0, err
	case crc32.ChecksumIEEE(prelude[:8]) != binary.BigEndian.Uint32(prelude[8:]):
		return 0, nil // not a message: Next returns the error
	}
	return int64(binary.BigEndian.Uint32(prelude)), nil
}

// Next receives the next message. It returns nil without an error for a message that is not
// an event: an initial-response, or a type that a later version of the service adds.
//
// The error is io.EOF if the service ended the stream. It is io.ErrUnexpectedEOF or the
// network's error if the stream broke off. If the service sent an error, it is the API's
// error. After an error Next must not be called again.
func (s *subscription) Next() (*types.SubscribeToShardEvent, error) {
	s.body.inside = false
	message, err := s.protocol.DeserializeEventMessage(schemas.SubscribeToShardEventStream, kinesis.TypeRegistry, s.body)
	switch {
	case s.body.err != nil: // whatever the decoder returned
		return nil, s.body.err
	case errors.Is(err, io.EOF) && s.body.inside:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	event, _ := message.(*types.SubscribeToShardEvent)
	return event, nil
}

// Close ends the stream and releases its connection. It may be called more than once, and
// while Await or Next waits: that call then returns an error.
func (s *subscription) Close() { s.close() }

// streamBody is the reader for the decoder of an event stream. The decoder returns io.EOF even
// if a message breaks off; inside distinguishes the two.
type streamBody struct {
	r      *bufio.Reader
	inside bool  // a part of the next message was read
	err    error // of r, except io.EOF
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.inside = b.inside || n > 0
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// keepBody replaces the SDK's event stream deserializer. It stores the answer and its unread
// body for the caller.
type keepBody struct {
	body   *io.ReadCloser
	answer **smithyhttp.Response
}

func (keepBody) ID() string { return "OperationEventStreamDeserializer" }

func (k keepBody) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		*k.body, *k.answer = resp.Body, resp
	}
	return out, metadata, err
}

// streamedBody is an HTTP client for answers that are streams. Like wholeBody it sends
// requests from memory. It receives only error answers completely.
type streamedBody struct{ next httpClient }

func (s streamedBody) Do(req *http.Request) (*http.Response, error) {
	if err := fromMemory(req); err != nil {
		return nil, err
	}
	resp, err := s.next.Do(req)
	if err != nil || resp.StatusCode == http.StatusOK {
		return resp, err
	}
	return received(req.Context(), resp)
}
