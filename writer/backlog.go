package writer

import "kin/writer/queue"

// backlog holds the size of everything that was read and is not settled. It bounds how far
// the intake reads ahead of the service.
type backlog struct {
	bytes   int
	records int
	ledger  *queue.Ledger
}

// bufferBytes is the most bytes that are read ahead of the service. A buffer lets other
// shards continue for a while when one is throttled.
const bufferBytes = 64 << 20

// fits reports whether a record may be added. A record that is larger than the buffer
// may be added only if nothing else is in it.
func (b *backlog) fits(e *queue.Entry) bool {
	return (b.bytes == 0 || b.bytes+e.BufferSize <= bufferBytes) && !b.ledger.Full()
}

func (b *backlog) add(e *queue.Entry) {
	b.bytes += e.BufferSize
	b.records++
	b.ledger.Begin()
}

// settle removes a record and calls report with the results that are next in input order.
func (b *backlog) settle(e *queue.Entry, s queue.State, r Result, report func(Result)) {
	b.bytes -= e.BufferSize
	b.records--
	b.ledger.Settle(e.Number, s, r, report)
}
