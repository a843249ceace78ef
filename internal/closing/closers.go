// Package closing closes what a run has opened, in the right order.
package closing

import "errors"

// Closers are what a run has to close at its end: what was opened last is closed
// first.
type Closers []func() error

// Add adds what is to be closed.
func (c *Closers) Add(f func() error) { *c = append(*c, f) }

// Close closes everything, what was added last first.
func (c *Closers) Close() error {
	var errs []error
	for i := len(*c) - 1; i >= 0; i-- {
		errs = append(errs, (*c)[i]())
	}
	*c = nil
	return errors.Join(errs...)
}
