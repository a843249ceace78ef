package reader

import (
	"context"
	"errors"

	"github.com/aws/smithy-go"

	"kin/internal/apierror"
)

// StreamFailure is a stream that could not be opened, or looked at.
type StreamFailure struct {
	Stream string // as the caller named it
	Err    error  // as those of Reader.Run
}

// IsOfStream reports whether a failed call says something of one stream alone. It does
// not when the run has ended, or when the caller is not known.
func IsOfStream(ctx context.Context, err error) bool {
	var api smithy.APIError
	if ctx.Err() != nil || apierror.IsPermanent(err) || apierror.IsUnsent(err) || errors.As(err, &api) && apierror.IsIdentityCode(api.ErrorCode()) {
		return false
	}
	var named interface{ StreamName() string }
	var unusable *CheckpointError
	return errors.As(err, &named) || errors.As(err, &unusable)
}
