package queue

// Result is the result of one record of the input.
type Result struct {
	Record int64 // its number, from 1

	ShardID        string
	SequenceNumber string // empty if the record was not written
	// SubSequenceNumber is the record's index in its aggregate; nil without an aggregate.
	SubSequenceNumber *int

	// ErrorCode is an error code of the service or one of kin's own. Rejected means that the
	// record can never be accepted. NoAnswer means that the record may be written. NotWritten
	// means that the run ended before it was written. ErrorMessage says so if the record may be
	// in the stream in spite of the error.
	ErrorCode, ErrorMessage string
}

// State is the state of a record.
type State uint8

// The states of a record.
const (
	pending  State = iota
	Written        // acknowledged by the service
	Rejected       // rejected
	Saved          // rejected, and passed to writer.Options.Rejected
)

// Ledger tracks the state of every record from the first unsettled one on. Its span is
// bounded: while it is full, the intake waits.
type Ledger struct {
	reports bool  // keep each result until all earlier records are settled
	first   int64 // number of the record of states[0]
	states  []State
	results []Result

	through  int64 // every record up to this number is written or saved
	reported int64 // every record up to this number was reported
}

// Maximum number of records in the ledger. With reports each needs a whole result,
// otherwise a byte.
const (
	maxUnreported = 1 << 16
	maxUnsettled  = 1 << 20
)

// NewLedger returns the ledger of an input whose first records were skipped. reports means
// that Settle must report results.
func NewLedger(reports bool, skipped int64) *Ledger {
	return &Ledger{reports: reports, first: skipped + 1, through: skipped, reported: skipped}
}

// Full reports whether Begin may not be called until further records are settled.
func (l *Ledger) Full() bool {
	if l.reports {
		return len(l.states) >= maxUnreported
	}
	return len(l.states) >= maxUnsettled
}

// Begin adds the next record of the input.
func (l *Ledger) Begin() {
	l.states = append(l.states, pending)
	if l.reports {
		l.results = append(l.results, Result{})
	}
}

// Through is a record number: every record up to it is written or saved.
func (l *Ledger) Through() int64 { return l.through }

// Settle sets the state of a record. It calls report with the results that are now next in
// input order.
func (l *Ledger) Settle(number int64, s State, r Result, report func(Result)) {
	at := number - l.first
	l.states[at] = s
	if l.reports {
		l.results[at] = r
		l.reportNext(report)
	}
	for l.through+1-l.first < int64(len(l.states)) {
		if next := l.states[l.through+1-l.first]; next != Written && next != Saved {
			break
		}
		l.through++
	}
	l.trim()
}

func (l *Ledger) reportNext(report func(Result)) {
	for l.reported+1-l.first < int64(len(l.states)) && l.states[l.reported+1-l.first] != pending {
		report(l.results[l.reported+1-l.first])
		l.reported++
	}
}

// trim drops states and results that are not needed any more.
func (l *Ledger) trim() {
	done := l.through
	if l.reports {
		done = min(done, l.reported)
	}
	n := done + 1 - l.first
	if n <= 0 {
		return
	}
	l.states = l.states[n:]
	if l.reports {
		clear(l.results[:n])
		l.results = l.results[n:]
	}
	l.first += n
}
