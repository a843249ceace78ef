package local

// deregisterStreamConsumer removes a consumer, DELETING for
// Options.ConsumerDeletingDelay. One that is CREATING or already DELETING is
// refused: "for successful operation, the resource must be in the ACTIVE state"
// (API documentation, ResourceInUseException). Its subscriptions end when it is
// gone. With limits on, a stream has 5 calls a second.
func (e *Endpoint) deregisterStreamConsumer(c *call) error {
	rate := func(s *stream) *meter { return &s.deregisterRate }
	return e.withConsumer(c, rate, func(s *stream, o *consumer, now int64) error {
		if state := o.state(now); state != active {
			return inUse("Consumer %s under stream %s is in %s status for account %s.", o.name, s.name, state, Account)
		}
		o.deleting, o.ready = true, now+e.options.ConsumerDeletingDelay.Milliseconds()
		s.changed.ring() // for its subscriptions
		return nil
	})
}
