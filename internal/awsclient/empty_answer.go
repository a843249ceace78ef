package awsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// withEmptyAnswer is an option for calls whose answer has no members, such as
// DeregisterStreamConsumer. The SDK ignores the body of such an answer and accepts any page
// with the status 200. With the option the call fails with a *smithy.DeserializationError
// unless the body is empty, a JSON object or null. The service sends an empty body; other
// implementations send the other two.
func withEmptyAnswer(o *kinesis.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(emptyAnswer{}, middleware.After) // sees the raw answer first
	})
}

type emptyAnswer struct{}

func (emptyAnswer) ID() string { return "KinEmptyAnswer" }

func (emptyAnswer) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return out, metadata, err
	}
	// A longer body is not an answer of the service either.
	const maxSize = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSize+1))
	if err != nil {
		return out, metadata, err
	}
	if err := checkEmptyAnswer(body); err != nil || len(body) > maxSize {
		return out, metadata, &smithy.DeserializationError{Err: errNotEmpty}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), resp.Body}
	return out, metadata, nil
}

var errNotEmpty = errors.New("the answer is neither empty nor a JSON object")

// checkEmptyAnswer returns errNotEmpty unless the body is empty, one JSON object or null.
func checkEmptyAnswer(body []byte) error {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && string(body) != "null" && (body[0] != '{' || !json.Valid(body)) {
		return errNotEmpty
	}
	return nil
}
