package closing

import "errors"

// closers are what a run has to close at its end: what was opened last is closed
// first.
type Closers []func() error

func (c *Closers) Add(f func() error) { *c = append(*c, f) }

func (c *Closers) Close() error {
	var errs []error
	for i := len(*c) - 1; i >= 0; i-- {
		errs = append(errs, (*c)[i]())
	}
	*c = nil
	return errors.Join(errs...)
}
