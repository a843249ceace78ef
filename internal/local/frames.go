package local

import (
	"bytes"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
)

const (
	eventStreamType = "application/vnd.amazon.eventstream"
	frameType       = "application/json"
)

// streamErrors are the exceptions of SubscribeToShard's event stream in the service's model.
// Other errors are sent as errors of the protocol.
var streamErrors = []string{
	"ResourceNotFoundException", "ResourceInUseException", "KMSDisabledException", "KMSInvalidStateException",
	"KMSAccessDeniedException", "KMSNotFoundException", "KMSOptInRequired", "KMSThrottlingException",
	"InternalFailureException",
}

// frames writes an event stream. It buffers frames until send. After the first error it does
// nothing more, and err is that error.
type frames struct {
	w       http.ResponseWriter
	encoder *eventstream.Encoder
	buffer  bytes.Buffer
	err     error
}

func newFrames(w http.ResponseWriter) *frames {
	return &frames{w: w, encoder: eventstream.NewEncoder()}
}

func (f *frames) initialResponse() {
	f.frame([]byte("{}"), eventstreamapi.MessageTypeHeader, eventstreamapi.EventMessageType,
		eventstreamapi.EventTypeHeader, "initial-response", eventstreamapi.ContentTypeHeader, frameType)
}

func (f *frames) event(body []byte) {
	f.frame(body, eventstreamapi.MessageTypeHeader, eventstreamapi.EventMessageType,
		eventstreamapi.EventTypeHeader, "SubscribeToShardEvent", eventstreamapi.ContentTypeHeader, frameType)
}

func (f *frames) exception(err error) {
	var api *apiError
	if !errors.As(err, &api) {
		api = &apiError{"InternalFailureException", err.Error()}
	}
	if !slices.Contains(streamErrors, api.code) {
		f.frame(nil, eventstreamapi.MessageTypeHeader, eventstreamapi.ErrorMessageType,
			eventstreamapi.ErrorCodeHeader, api.code, eventstreamapi.ErrorMessageHeader, api.message)
		return
	}
	body := appendString([]byte(`{"message":`), api.message)
	f.frame(append(body, '}'), eventstreamapi.MessageTypeHeader, eventstreamapi.ExceptionMessageType,
		eventstreamapi.ExceptionTypeHeader, api.code, eventstreamapi.ContentTypeHeader, frameType)
}

// frame buffers one frame. headers are names and values in turn.
func (f *frames) frame(payload []byte, headers ...string) {
	m := eventstream.Message{Payload: payload}
	for pair := range slices.Chunk(headers, 2) {
		m.Headers.Set(pair[0], eventstream.StringValue(pair[1]))
	}
	if err := f.encoder.Encode(&f.buffer, m); err != nil && f.err == nil {
		f.err = err
	}
}

// send writes and flushes the buffered frames.
func (f *frames) send() {
	if f.err == nil {
		_, f.err = f.buffer.WriteTo(f.w)
	}
	if f.err == nil {
		f.err = http.NewResponseController(f.w).Flush()
	}
	f.buffer.Reset()
}
