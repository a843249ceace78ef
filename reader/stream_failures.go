package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/smithy-go"

	"kin/internal/apierror"
)

// StreamFailure is a stream that a look could not look at.
type StreamFailure struct {
	Stream string // as the caller named it
	Err    error  // as those of Reader.Run
}

// isOfStream reports whether a failed call says something of one stream alone. It does
// not when the run has ended, or when the caller is not known.
func isOfStream(ctx context.Context, err error) bool {
	var api smithy.APIError
	if ctx.Err() != nil || apierror.IsPermanent(err) || apierror.IsUnsent(err) || errors.As(err, &api) && apierror.IsIdentityCode(api.ErrorCode()) {
		return false
	}
	var named interface{ StreamName() string }
	var unusable *CheckpointError
	return errors.As(err, &named) || errors.As(err, &unusable)
}

// without takes the streams that failed out of a look and returns them, behind those that
// failed before. was reports whether a stream was there before: it may have been deleted
// since. The error is the first failure where no stream is left.
func (r *run) without(ctx context.Context, failed []StreamFailure, was func(*streamRun) bool) ([]StreamFailure, error) {
	for _, s := range r.streams {
		if s.failed == nil {
			continue
		}
		err := s.failed
		if was(s) {
			err = r.fact(ctx, err)
		}
		failed = append(failed, StreamFailure{s.ref.Given, err})
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(failed) == len(r.o.Streams) {
		return nil, failed[0].Err
	}
	r.streams = slices.DeleteFunc(r.streams, func(s *streamRun) bool { return s.failed != nil })
	return failed, nil
}
