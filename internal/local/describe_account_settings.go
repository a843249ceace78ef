package local

// describeAccountSettings returns the account's minimum throughput billing commitment. With
// limits on, the account has 5 calls a second.
func (e *Endpoint) describeAccountSettings(c *call) error {
	e.account.Lock()
	defer e.account.Unlock()
	if !e.account.describe.allow(e.Now().UnixNano(), 1) {
		return limitExceeded("Rate exceeded for account %s.", Account)
	}
	return c.reply(map[string]any{"MinimumThroughputBillingCommitment": e.account.commitment.describe(e.millis())})
}
