package local

import "time"

// commitmentWindow is the shortest time that a minimum throughput billing commitment lasts.
const commitmentWindow = 24 * time.Hour

// The statuses of the commitment.
const (
	enabled   = "ENABLED"
	disabled  = "DISABLED"
	endsLater = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
)

// commitment is the account's minimum throughput billing commitment. While it runs, on-demand
// streams are On-demand Advantage streams. The zero commitment was never started. The
// account's lock guards it.
type commitment struct {
	started int64 // ms, 0 = never
	ended   int64 // ms, 0 = not ended; may be in the future
}

// commitmentDescription is a commitment in the API's form.
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

// set starts the commitment, continues it, or ends it at the earliest allowed time.
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

// consumerLimit returns how many consumers a stream in a mode may have (API documentation,
// RegisterStreamConsumer).
func (e *Endpoint) consumerLimit(mode string, now int64) int {
	e.account.Lock()
	defer e.account.Unlock()
	if mode == onDemand && e.account.commitment.status(now) != disabled {
		return maxConsumersAdvantage
	}
	return maxConsumers
}
