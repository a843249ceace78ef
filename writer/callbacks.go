package writer

import "cmp"

// callbacks are the pending calls of the functions in Options.
type callbacks struct {
	results    []Result
	rejections []Rejection
	messages   []string

	failed  bool  // a call returned an error: Report and Rejected are not called any more
	unsaved int64 // number of the first rejected record that was not saved; 0 means none
}

func (c *callbacks) report(r Result) { c.results = append(c.results, r) }

func (c *callbacks) reject(r Rejection) { c.rejections = append(c.rejections, r) }

// message adds a message. An empty one is ignored.
func (c *callbacks) message(message string) {
	if message != "" {
		c.messages = append(c.messages, message)
	}
}

// take returns the pending calls and clears them.
func (c *callbacks) take() callbacks {
	due := *c
	c.results, c.rejections, c.messages = nil, nil, nil
	return due
}

func (c *callbacks) empty() bool {
	return len(c.results)+len(c.rejections)+len(c.messages) == 0
}

// call makes the calls. It returns the rejections that Rejected did not save, and the error
// of the function that failed.
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

// fail notes that a function failed, and the rejections that were not saved.
func (c *callbacks) fail(unsaved []Rejection) {
	c.failed = true
	for _, r := range unsaved {
		c.unsaved = min(cmp.Or(c.unsaved, r.Number), r.Number)
	}
}
