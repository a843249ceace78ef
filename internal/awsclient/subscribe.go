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

// subscription is the event stream of one SubscribeToShard call. Its events
// are decoded as they are asked for, so that a slow reader holds the sender
// back, and whether or not an initial-response begins the stream: the SDK's
// own stream refuses one without it, shares a buffer between all streams of a
// client, and takes one that breaks off for one that ends.
type subscription struct {
	body       *streamBody
	close      func()
	protocol   *awsjson.Protocol
	serverTime time.Time
}

// subscribe makes one SubscribeToShard call. The context governs the whole
// stream, not only the call, whose answer may take 30 s. An answer that is a page of
// HTML is a *smithyhttp.ResponseError.
func subscribe(ctx context.Context, client *kinesis.Client, in *kinesis.SubscribeToShardInput) (*subscription, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(mostWait, func() { cancel(errNoAnswer) })
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
	// Too late to stop it: the stream is being ended already.
	if late := !timer.Stop(); late && err == nil {
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
			_ = body.Close() // it is given up; the error says why
		}
		if errors.Is(context.Cause(ctx), errNoAnswer) {
			err = fmt.Errorf("%w within %s", errNoAnswer, mostWait)
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

// mostWait is how long the service may take to answer, as for other calls.
const mostWait = 30 * time.Second

var (
	errNoAnswer = errors.New("no answer")
	errNoStream = errors.New("the answer has no event stream")
)

// ServerTime is the service's clock when it answered the call; zero when it
// did not say. Every event is younger.
func (s *subscription) ServerTime() time.Time { return s.serverTime }

// Await waits until the next message begins to arrive and returns its size in
// bytes; 0 when it cannot be told. Next receives it. Until then no more of it is
// held here than what the connection reads ahead. The errors are those of Next.
func (s *subscription) Await() (int64, error) {
	s.body.inside = false
	// A message begins with its length, that of its headers, and a checksum of
	// both, of four bytes each.
	prelude, err := s.body.r.Peek(12)
	switch {
	case errors.Is(err, io.EOF) && len(prelude) > 0:
		return 0, io.ErrUnexpectedEOF
	case err != nil:
		return 0, err
	case crc32.ChecksumIEEE(prelude[:8]) != binary.BigEndian.Uint32(prelude[8:]):
		return 0, nil // what follows is no message, which Next says
	}
	return int64(binary.BigEndian.Uint32(prelude)), nil
}

// Next receives the next message. It returns nil for one that is not an event: an
// initial-response, or what a later version of the service says. It returns
// io.EOF when the service has ended the stream, io.ErrUnexpectedEOF or what the
// network said when it broke off, and the API's error when the service sent one.
// After an error there is no next.
func (s *subscription) Next() (*types.SubscribeToShardEvent, error) {
	s.body.inside = false
	message, err := s.protocol.DeserializeEventMessage(schemas.SubscribeToShardEventStream, kinesis.TypeRegistry, s.body)
	switch {
	case s.body.err != nil: // whatever was made of it
		return nil, s.body.err
	case errors.Is(err, io.EOF) && s.body.inside:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	event, _ := message.(*types.SubscribeToShardEvent)
	return event, nil
}

// Close ends the stream and the connection it holds. It may be called at any
// time, also while Await or Next waits, which then returns an error; and more
// than once.
func (s *subscription) Close() { s.close() }

// streamBody is what an event stream's decoder reads from. The decoder says
// EOF of a message that breaks off too.
type streamBody struct {
	r      *bufio.Reader
	inside bool  // something of the next message was read
	err    error // that is not io.EOF
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.inside = b.inside || n > 0
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// keepBody stands in for the SDK's event stream deserializer and leaves the
// body to the caller, with the answer it is of.
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

// streamedBody is an HTTP client for answers that are streams: requests are
// sent from memory, as wholeBody does, and an answer that is an error is
// received completely.
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
