// Package closing closes what a run has opened, in reverse order.
package closing

import "errors"

// Closers are functions to call at the end of a run, in reverse order.
type Closers []func() error

// Add adds a function.
func (c *Closers) Add(f func() error) { *c = append(*c, f) }

// Close calls all functions, the last added first. It joins their errors.
func (c *Closers) Close() error {
	var errs []error
	for i := len(*c) - 1; i >= 0; i-- {
		errs = append(errs, (*c)[i]())
	}
	*c = nil
	return errors.Join(errs...)
}
