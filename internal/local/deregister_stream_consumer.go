package local

// deregisterStreamConsumer deletes a consumer. It is DELETING for
// Options.ConsumerDeletingDelay; then its subscriptions end. The call is refused for a consumer
// that is CREATING or DELETING: "for successful operation, the resource must be in the ACTIVE
// state" (API documentation, ResourceInUseException). With limits on, a stream has 5 calls a
// second.
func (e *Endpoint) deregisterStreamConsumer(c *call) error {
	rate := func(s *stream) *meter { return &s.deregisterRate }
	return e.withConsumer(c, rate, func(s *stream, o *consumer, now int64) error {
		if state := o.state(now); state != active {
			return inUse("Consumer %s under stream %s is in %s status for account %s.", o.name, s.name, state, Account)
		}
		o.deleting, o.ready = true, now+e.options.ConsumerDeletingDelay.Milliseconds()
		s.changed.ring() // wakes its subscriptions
		return nil
	})
}
