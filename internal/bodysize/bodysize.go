// Package bodysize lets the caller of a service refuse an answer by its size,
// before its body is received into memory. The caller attaches a check to the
// context of a call, and the HTTP client asks it.
package bodysize

import "context"

type key struct{}

// WithCheck returns a context for one call. Its client calls check with the bytes of
// the answer's body before it reads them, or with how many there are at least where
// the server does not say, maybe several times. An error ends the call with it.
func WithCheck(ctx context.Context, check func(bytes int64) error) context.Context {
	return context.WithValue(ctx, key{}, check)
}

// Check asks the check of a call; without one every size passes.
func Check(ctx context.Context, bytes int64) error {
	check, ok := ctx.Value(key{}).(func(int64) error)
	if !ok {
		return nil
	}
	return check(bytes)
}
