package local

// The service's limits on consumers (API documentation, RegisterStreamConsumer).
const (
	maxConsumers          = 20
	maxConsumersAdvantage = 50 // of an On-demand Advantage stream
	maxConsumersCreating  = 5
)

// registerStreamConsumer adds a consumer to a stream. It is CREATING for
// Options.ConsumerCreatingDelay; the status in the answer is always CREATING.
//
// A stream has at most 20 consumers. An on-demand stream has at most 50 if the account has a
// minimum throughput billing commitment. At most 5 consumers are CREATING at a time. An existing
// name is refused, even while its consumer is DELETING. With limits on, the account has 5 calls
// a second.
func (e *Endpoint) registerStreamConsumer(c *call) error {
	name := c.args.text("ConsumerName", text{required: true, min: 1, max: 128, pattern: namePattern})
	tags := c.args.tags(false)
	c.args.needs("StreamARN")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	if err := addTags(map[string]string{}, tags); err != nil {
		return err
	}
	e.account.Lock()
	ok := e.account.register.allow(e.Now().UnixNano(), 1)
	e.account.Unlock()
	if !ok {
		return limitExceeded("Rate exceeded for account %s.", Account)
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if state := s.state(now); state == creating || state == deleting {
		return inUse("Stream %s under account %s not ACTIVE, instead in state %s", s.name, Account, state)
	}
	s.settleConsumers(now)
	if s.consumers[name] != nil {
		return inUse("Consumer %s under stream %s already exists for account %s.", name, s.name, Account)
	}
	inCreation := 0
	for _, o := range s.consumers {
		if o.state(now) == creating {
			inCreation++
		}
	}
	if len(s.consumers) >= e.consumerLimit(s.mode, now) {
		return limitExceeded("Stream %s under account %s already has %d registered consumers.", s.name, Account, len(s.consumers))
	}
	if inCreation >= maxConsumersCreating {
		return limitExceeded("Stream %s under account %s already has %d consumers in CREATING status.", s.name, Account, maxConsumersCreating)
	}
	epoch := max(now/1000, s.consumerEpoch[name]+1)
	s.consumerEpoch[name] = epoch
	one := &consumer{name: name, epoch: epoch, ready: now + e.options.ConsumerCreatingDelay.Milliseconds(), tags: tags, links: map[uint32]*link{}}
	s.consumers[name] = one
	d := s.describeConsumer(c, one, now)
	d.ConsumerStatus = creating
	return c.reply(map[string]any{"Consumer": d})
}
