package local

// updateAccountSettings begins or ends the account's minimum throughput billing
// commitment, at once. One that is ended within its first 24 hours runs until
// they are over. While it runs, an on-demand stream takes 50 consumers. With
// limits on, the account has 5 calls a second.
//
// Left out: everything else that the commitment changes at the service, such as
// its prices.
func (e *Endpoint) updateAccountSettings(c *call) error {
	var status string
	if inner := c.args.structure("MinimumThroughputBillingCommitment", true); inner != nil {
		status = inner.text("Status", text{required: true, enum: []string{enabled, disabled}})
		c.args.adopt("MinimumThroughputBillingCommitment", inner)
	}
	if err := c.args.problem(); err != nil {
		return err
	}
	e.account.Lock()
	defer e.account.Unlock()
	if !e.account.update.allow(e.Now().UnixNano(), 1) {
		return limitExceeded("Rate exceeded for account %s.", Account)
	}
	now := e.millis()
	e.account.commitment.set(status, now)
	return c.reply(map[string]any{"MinimumThroughputBillingCommitment": e.account.commitment.describe(now)})
}
