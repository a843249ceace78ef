package writer

import "cmp"

// callbacks are the calls of the functions of Options that are due.
type callbacks struct {
	results    []Result
	rejections []Rejection
	messages   []string

	failed  bool  // one returned an error: results and rejections have no further calls
	unsaved int64 // the first record that was given up and not saved; 0 is none
}

func (c *callbacks) report(r Result) { c.results = append(c.results, r) }

func (c *callbacks) reject(r Rejection) { c.rejections = append(c.rejections, r) }

// message adds a message, unless it is empty.
func (c *callbacks) message(message string) {
	if message != "" {
		c.messages = append(c.messages, message)
	}
}

// take takes out what is due.
func (c *callbacks) take() callbacks {
	due := *c
	c.results, c.rejections, c.messages = nil, nil, nil
	return due
}

func (c *callbacks) empty() bool {
	return len(c.results)+len(c.rejections)+len(c.messages) == 0
}

// call makes the calls. It returns the rejections that were not taken, and the
// error of the function that failed.
func (c *callbacks) call(o Options) (unsaved []Rejection, err error) {
	for _, message := range c.messages {
		o.Info(message)
	}
	if c.failed {
		return c.rejections, nil
	}
	for i, r := range c.rejections {
		if err := o.Rejected(r); err != nil {
			return c.rejections[i:], err
		}
	}
	if len(c.results) > 0 {
		err = o.Report(c.results)
	}
	return nil, err
}

// fail notes that a function failed, or was not called because one had.
func (c *callbacks) fail(unsaved []Rejection) {
	c.failed = true
	for _, r := range unsaved {
		c.unsaved = min(cmp.Or(c.unsaved, r.Number), r.Number)
	}
}
