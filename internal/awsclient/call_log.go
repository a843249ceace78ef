package awsclient

import (
	"context"
	"errors"
	"log/slog"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// logCalls makes every client of the configuration log its calls: Kinesis, and
// the services that credentials come from. Where nobody reads the log nothing is
// added.
func logCalls(ctx context.Context, log *slog.Logger) []func(*config.LoadOptions) error {
	if log == nil || !log.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	return []func(*config.LoadOptions) error{
		config.WithAPIOptions([]func(*middlewareStack) error{func(stack *middlewareStack) error {
			return stack.Deserialize.Add(callLog{log}, middleware.Before)
		}}),
	}
}

// callLog logs each attempt of a call when its answer is there. It is inside the
// SDK's retries, and it has nothing of what was sent and received but the
// service's words for what went wrong: its messages may quote a request.
type callLog struct{ log *slog.Logger }

func (callLog) ID() string { return "KinCallLog" }

func (c callLog) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	started := time.Now()
	out, metadata, err := next.HandleDeserialize(ctx, in)
	attributes := []slog.Attr{
		slog.String("operation", awsmiddleware.GetOperationName(ctx)),
		slog.Duration("took", time.Since(started)),
	}
	answer, answered := out.RawResponse.(*smithyhttp.Response)
	answered = answered && answer.StatusCode != 0 // without an answer it is an empty one
	if answered {
		attributes = append(attributes, slog.Int("status", answer.StatusCode))
	}
	if err != nil {
		attributes = append(attributes, slog.String("error", failure(err, answered)))
	}
	if id, ok := awsmiddleware.GetRequestIDMetadata(metadata); ok && id != "" {
		attributes = append(attributes, slog.String("request", id))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "call", attributes...)
	return out, metadata, err
}

// failure is what a call came to: the service's error code or, without an
// answer, what the network said.
func failure(err error, answered bool) string {
	var api smithy.APIError
	var sending *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &api):
		return api.ErrorCode()
	case answered:
		return "unreadable answer"
	case errors.As(err, &sending):
		return sending.Err.Error() // without the SDK's words around it
	}
	return err.Error()
}
