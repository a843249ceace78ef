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

// withEmptyAnswer is an option of a call whose answer has no members, such as
// DeregisterStreamConsumer. The SDK does not look at such an answer, and takes any
// page with the status 200 for a success. With the option it is a
// *smithy.DeserializationError unless its body is empty, as the service's is, or a
// JSON object or null, as other implementations send it.
func withEmptyAnswer(o *kinesis.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(emptyAnswer{}, middleware.After) // the raw answer passes it first
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
	// A page that is longer than that is no answer of the service either.
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return out, metadata, err
	}
	if err := checkEmptyAnswer(body); err != nil || len(body) > most {
		return out, metadata, &smithy.DeserializationError{Err: errNotEmpty}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), resp.Body}
	return out, metadata, nil
}

var errNotEmpty = errors.New("the answer is neither empty nor a JSON object")

// checkEmptyAnswer returns errNotEmpty for a body that is neither empty nor one
// JSON object or null.
func checkEmptyAnswer(body []byte) error {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && string(body) != "null" && (body[0] != '{' || !json.Valid(body)) {
		return errNotEmpty
	}
	return nil
}
