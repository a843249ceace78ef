// Package bodysize lets a caller refuse an answer by its size, before the HTTP client reads
// its body into memory. The caller attaches a check to the context of a call, and the
// client calls it.
package bodysize

import "context"

type key struct{}

// WithCheck returns a context for one call. The client calls check with the body size in
// bytes before it reads the body. If the server does not send the size, the client calls
// check with a lower bound, maybe several times. An error of check ends the call with that
// error.
func WithCheck(ctx context.Context, check func(bytes int64) error) context.Context {
	return context.WithValue(ctx, key{}, check)
}

// Check calls the check of the context. Without one, it accepts every size.
func Check(ctx context.Context, bytes int64) error {
	check, ok := ctx.Value(key{}).(func(int64) error)
	if !ok {
		return nil
	}
	return check(bytes)
}
