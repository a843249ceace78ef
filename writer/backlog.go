package writer

import "kin/writer/queue"

// backlog is what was read and is not settled. It bounds how far the intake reads
// ahead of the service.
type backlog struct {
	bytes   int
	records int
	ledger  *queue.Ledger
}

// bufferBytes is how much is read ahead of the service at most. It lets the
// other shards go on for a while when one is throttled.
const bufferBytes = 64 << 20

// hasRoom reports whether a record may be added. One that is larger than the buffer may
// when nothing else is there.
func (b *backlog) hasRoom(e *queue.Entry) bool {
	return (b.bytes == 0 || b.bytes+e.BufferSize <= bufferBytes) && !b.ledger.Full()
}

func (b *backlog) add(e *queue.Entry) {
	b.bytes += e.BufferSize
	b.records++
	b.ledger.Begin()
}

// settle takes a record out, and calls report with the results that are next.
func (b *backlog) settle(e *queue.Entry, s queue.State, r Result, report func(Result)) {
	b.bytes -= e.BufferSize
	b.records--
	b.ledger.Settle(e.Number, s, r, report)
}
