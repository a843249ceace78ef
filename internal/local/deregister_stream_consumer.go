package local

// deregisterStreamConsumer removes a consumer, DELETING for
// Options.ConsumerDeletingDelay. One that is already DELETING is refused. With
// limits on, a stream has 5 calls a second.
func (e *Endpoint) deregisterStreamConsumer(c *call) error {
	rate := func(s *stream) *meter { return &s.deregisterRate }
	return e.withConsumer(c, rate, func(s *stream, o *consumer, now int64) error {
		if o.deleting {
			return inUse("Consumer %s under stream %s is already in DELETING status for account %s.", o.name, s.name, Account)
		}
		o.deleting, o.ready = true, now+e.options.ConsumerDeletingDelay.Milliseconds()
		s.changed.ring() // for its subscriptions
		return nil
	})
}
