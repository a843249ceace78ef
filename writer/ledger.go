package writer

// state is what has become of a record.
type state uint8

const (
	pending  state = iota
	written        // acknowledged by the service
	rejected       // given up
	saved          // given up, and handed to Options.Rejected
)

// ledger knows what became of the records of the input from the first that is
// not settled on, however far behind the others it is. It is bounded: the
// intake waits while it is full.
type ledger struct {
	reports bool  // results are kept until all before them are settled
	first   int64 // the number of states[0]
	states  []state
	results []Result

	through  int64 // every record up to this one is written or saved
	reported int64 // every record up to this one was reported
}

// Records that the ledger spans at most: a byte each, or a whole result.
const (
	mostUnreported = 1 << 16
	mostUnsettled  = 1 << 20
)

func newLedger(reports bool, skipped int64) *ledger {
	return &ledger{reports: reports, first: skipped + 1, through: skipped, reported: skipped}
}

// full says that no further record may be begun.
func (l *ledger) full() bool {
	if l.reports {
		return len(l.states) >= mostUnreported
	}
	return len(l.states) >= mostUnsettled
}

// begin adds the next record of the input.
func (l *ledger) begin() {
	l.states = append(l.states, pending)
	if l.reports {
		l.results = append(l.results, Result{})
	}
}

// settle notes what became of a record and calls report with the results that
// are now known to be next.
func (l *ledger) settle(number int64, s state, r Result, report func(Result)) {
	at := number - l.first
	l.states[at] = s
	if l.reports {
		l.results[at] = r
		l.tell(report)
	}
	for l.through+1-l.first < int64(len(l.states)) {
		if next := l.states[l.through+1-l.first]; next != written && next != saved {
			break
		}
		l.through++
	}
	l.trim()
}

func (l *ledger) tell(report func(Result)) {
	for l.reported+1-l.first < int64(len(l.states)) && l.states[l.reported+1-l.first] != pending {
		report(l.results[l.reported+1-l.first])
		l.reported++
	}
}

// trim forgets what nobody will ask for again.
func (l *ledger) trim() {
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
