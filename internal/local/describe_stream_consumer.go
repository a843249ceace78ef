package local

// describeStreamConsumer returns one consumer, by its ARN or by its stream's ARN and its name.
// With limits on, a stream has 20 calls a second.
func (e *Endpoint) describeStreamConsumer(c *call) error {
	rate := func(s *stream) *meter { return &s.describeConsumerRate }
	return e.withConsumer(c, rate, func(s *stream, o *consumer, now int64) error {
		d := s.describeConsumer(c, o, now)
		d.StreamARN = s.arn(c)
		return c.reply(map[string]any{"ConsumerDescription": d})
	})
}
