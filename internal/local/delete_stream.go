package local

// deleteStream deletes a stream with its records. It is DELETING for Options.DeletingDelay.
// Until then it can still be read and written; the service does not rule that out. The call is
// refused for a stream with registered consumers unless EnforceConsumerDeletion is set.
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
