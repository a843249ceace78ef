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

// logCalls makes every client of the configuration log its calls: Kinesis and the services
// that issue credentials. It returns nothing if log is nil or its debug level is off.
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

// callLog logs each attempt of a call after it ended. It runs inside the SDK's retry loop.
// Of the request and the answer it logs only the service's error code, status and request
// ID. It does not log the service's error message, which may quote a request.
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
	answered = answered && answer.StatusCode != 0 // the SDK sets an empty response if none arrived
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

// failure returns the service's error code or, without an answer, the network's error.
func failure(err error, answered bool) string {
	var api smithy.APIError
	var sending *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &api):
		return api.ErrorCode()
	case answered:
		return "unreadable answer"
	case errors.As(err, &sending):
		return sending.Err.Error() // without the SDK's prefix
	}
	return err.Error()
}
