package local

// updateAccountSettings starts or ends the account's minimum throughput billing commitment,
// immediately. A commitment that is ended within its first 24 hours runs until they have passed.
// While it runs, an on-demand stream may have 50 consumers. With limits on, the account has 5
// calls a second.
//
// Not implemented: the other effects of the commitment in the service, such as prices.
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
