package local

import "time"

// commitmentWindow is how long a minimum throughput billing commitment lasts at
// least.
const commitmentWindow = 24 * time.Hour

// The statuses of the commitment.
const (
	enabled   = "ENABLED"
	disabled  = "DISABLED"
	endsLater = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
)

// commitment is the account's minimum throughput billing commitment, which
// makes its on-demand streams On-demand Advantage ones. The zero commitment has
// never been made. It is guarded by the account's lock.
type commitment struct {
	started int64 // ms, 0 = never
	ended   int64 // ms, 0 = not; may be in the future
}

// commitmentDescription is how the API shows it.
type commitmentDescription struct {
	Status               string
	StartedAt            seconds `json:",omitzero"`
	EarliestAllowedEndAt seconds `json:",omitzero"`
	EndedAt              seconds `json:",omitzero"`
}

func (b *commitment) status(now int64) string {
	switch {
	case b.started == 0 || b.ended != 0 && now >= b.ended:
		return disabled
	case b.ended != 0:
		return endsLater
	}
	return enabled
}

func (b *commitment) describe(now int64) commitmentDescription {
	d := commitmentDescription{Status: b.status(now), StartedAt: seconds(b.started)}
	if d.Status == disabled {
		d.EndedAt = seconds(b.ended)
	} else {
		d.EarliestAllowedEndAt = seconds(b.started + commitmentWindow.Milliseconds())
	}
	return d
}

// set begins the commitment, keeps it, or ends it as early as is allowed.
func (b *commitment) set(status string, now int64) {
	switch running := b.status(now) != disabled; {
	case status == enabled && running:
		b.ended = 0
	case status == enabled:
		b.started, b.ended = now, 0
	case running:
		b.ended = max(now, b.started+commitmentWindow.Milliseconds())
	}
}

// mostConsumers is how many consumers a stream of the account may have in a
// mode (API documentation, RegisterStreamConsumer).
func (e *Endpoint) mostConsumers(mode string, now int64) int {
	e.account.Lock()
	defer e.account.Unlock()
	if mode == onDemand && e.account.commitment.status(now) != disabled {
		return maxConsumersAdvantage
	}
	return maxConsumers
}
