package local

// deleteStream removes a stream with its records, DELETING for
// Options.DeletingDelay. One with registered consumers is refused unless
// EnforceConsumerDeletion is set. Until it is gone it can still be read and
// written, as the service allows itself.
func (e *Endpoint) deleteStream(c *call) error {
	enforce := c.args.flag("EnforceConsumerDeletion")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == deleting {
		return nil
	}
	s.settleConsumers(now)
	if len(s.consumers) > 0 && !enforce {
		return inUse("DeleteStream can't delete %s because there are consumers associated with this data stream. To delete %s "+
			"anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are "+
			"associated with it.", s.arn(c), s.name)
	}
	s.change(deleting, now+e.options.DeletingDelay.Milliseconds())
	return nil
}
