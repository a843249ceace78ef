package queue

// Result is what became of one record of the input.
type Result struct {
	Record int64 // its number, from 1

	ShardID        string
	SequenceNumber string // empty when it was not written
	// SubSequenceNumber is the record's index in its aggregate, if it is in
	// one.
	SubSequenceNumber *int

	// ErrorCode is the service's, or Rejected for a record that can never be
	// accepted, NoAnswer for one whose outcome is not known, NotWritten for one
	// that was read and not written when the run ended. The message of one that
	// may be in the stream all the same says so.
	ErrorCode, ErrorMessage string
}

// State is what has become of a record.
type State uint8

// What becomes of a record.
const (
	pending  State = iota
	Written        // acknowledged by the service
	Rejected       // given up
	Saved          // given up, and handed to writer.Options.Rejected
)

// Ledger knows what became of the records of the input from the first that is
// not settled on, however far behind the others it is. It is bounded: the
// intake waits while it is full.
type Ledger struct {
	reports bool  // results are kept until all before them are settled
	first   int64 // the number of states[0]
	states  []State
	results []Result

	through  int64 // every record up to this one is written or saved
	reported int64 // every record up to this one was reported
}

// Records that the ledger spans at most: a byte each, or a whole result.
const (
	maxUnreported = 1 << 16
	maxUnsettled  = 1 << 20
)

// NewLedger returns the ledger of an input whose first records were skipped.
// reports says that results are wanted.
func NewLedger(reports bool, skipped int64) *Ledger {
	return &Ledger{reports: reports, first: skipped + 1, through: skipped, reported: skipped}
}

// Full says that no further record may be begun.
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

// Through is the number of the record up to which every record is written or saved.
func (l *Ledger) Through() int64 { return l.through }

// Settle notes what became of a record and calls report with the results that
// are now known to be next.
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

// trim forgets what nobody will ask for again.
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
