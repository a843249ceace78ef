package writer

import (
	"context"
	"sync"
	"time"

	"kin/internal/record"
)

// dispatcher is one run: what was read and is not settled, and the requests
// that carry it. The intake puts records in, run makes requests of them, and
// each request's goroutine settles it.
type dispatcher struct {
	client Client
	o      Options
	named  record.Stream // o.Stream, for requests
	began  time.Time
	stream streamFacts

	changed chan struct{} // a token when run should look again
	room    chan struct{} // a token when the intake should look again
	flights sync.WaitGroup

	mu      sync.Mutex
	shards  *shardMap
	keys    map[string]*keyQueue
	lanes   schedule // lanes with records that may be sent
	taken   []*lane  // scratch of build
	ledger  *ledger
	summary Summary
	byShard map[string]*ShardSummary
	outbox  outbox
	deaf    bool  // a function of Options failed: it is told nothing more
	lost    int64 // the first record that was given up and not saved

	held        int   // bytes of unsettled records
	outstanding int   // unsettled records
	inFlight    int   // requests
	flying      int64 // their records, but for those that are unsure already
	failing     int   // records whose last request failed
	refusals    int   // records that the service did not take, since it took one
	trouble     trouble

	requestBytes int // what a request may count; less once one was refused
	line         backoff
	lineFailed   time.Time // when that was counted last
	lineUntil    time.Time // no request before that: the service itself failed

	recheck bool  // the stream is being created or deleted: it may be another one later
	steps   int   // records that were looked at while answers were settled
	blocked bool  // the intake waits for room
	closed  bool  // no more will be read
	ending  error // why; nil after the whole input
	stopped error // nothing more is sent, because of this
	free    []*request
}

// bufferBytes is how much is read ahead of the service at most. It lets the
// other shards go on for a while when one stands still.
const bufferBytes = 64 << 20

func newDispatcher(client Client, o Options, facts streamFacts) *dispatcher {
	d := &dispatcher{
		client: client, o: o, named: record.ParseStream(o.Stream), began: time.Now(), stream: facts,
		changed: make(chan struct{}, 1), room: make(chan struct{}, 1),
		keys: map[string]*keyQueue{}, byShard: map[string]*ShardSummary{},
		ledger: newLedger(o.Report != nil, o.Skip), requestBytes: requestBytes,
	}
	d.lanes = newSchedule(d.began)
	d.shards = newShardMap(facts, d.shaped())
	return d
}

// shaped says whether lanes keep to the limits of their shards.
func (d *dispatcher) shaped() bool { return !d.o.Unshaped }

// put takes a record in once there is room for it. It reports whether it did,
// which it does not when the intake is over.
func (d *dispatcher) put(e *entry) bool {
	return d.admit(e, func() { d.enqueue(e) })
}

// skip notes a record that is passed over.
func (d *dispatcher) skip(number int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.summary.Read, d.summary.WrittenThrough = number, number
}

// refuse takes in a record that is never sent.
func (d *dispatcher) refuse(e *entry, reason error) bool {
	return d.admit(e, func() { d.reject(e, &entryError{codeRejected, reason.Error()}, false) })
}

func (d *dispatcher) admit(e *entry, add func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.closed && (d.held > 0 && d.held+e.held > bufferBytes || d.ledger.full()) {
		d.blocked = true
		signal(d.changed)
		d.mu.Unlock()
		<-d.room
		d.mu.Lock()
	}
	d.blocked = false
	if d.closed {
		return false
	}
	d.held += e.held
	d.outstanding++
	d.summary.Read = e.number
	d.ledger.begin()
	add()
	return true
}

// enqueue puts a record in line behind those of its key.
func (d *dispatcher) enqueue(e *entry) {
	name := d.keyOf(e)
	k := d.keys[name]
	if k == nil {
		h := hashOf(e)
		k = &keyQueue{name: name, hash: h, lane: d.shards.laneOf(h)}
		if !d.stream.auto {
			d.keys[name] = k
		}
	}
	k.push(e)
	switch {
	case k.inFlight:
		return
	case k.ready:
		k.lane.grow(e)
		d.lanes.grew(k.lane)
	default:
		d.lineUp(k)
	}
	if k.lane.records == 1 || k.lane.records%pieceRecords == 0 || k.lane.bytes >= d.requestBytes {
		signal(d.changed)
	}
}

// keyOf is what the records have in common that must not pass each other: the
// partition key. Records that the input sends to shards by explicit hash keys
// have an order for each of those, so that a load with one partition key may
// go to many shards; Ordered holds the partition key alone.
func (d *dispatcher) keyOf(e *entry) string {
	if e.ExplicitHashKey == "" || d.o.Ordered {
		return e.PartitionKey
	}
	return e.PartitionKey + "\x00" + e.ExplicitHashKey
}

// lineUp puts a key into its lane.
func (d *dispatcher) lineUp(k *keyQueue) {
	k.lane.add(k)
	d.lanes.again(k.lane)
}

// closeIntake ends the intake: what was read is still written, and then the
// run ends with err. Only the first call counts.
func (d *dispatcher) closeIntake(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endIntake(err)
}

func (d *dispatcher) endIntake(err error) {
	if !d.closed {
		d.closed, d.ending = true, err
	}
	signal(d.changed)
	signal(d.room)
}

// stop ends the run: nothing more is sent, and what is in flight is waited
// for. Only the first call counts. The caller holds mu.
func (d *dispatcher) stop(err error) {
	if d.stopped == nil {
		d.stopped = err
	}
	d.endIntake(err)
}

// run sends what the intake puts in until all of it is settled or the run is
// stopped, and returns why. It calls the functions of Options on its own
// goroutine. When writing is done, requests in flight are given up.
func (d *dispatcher) run(writing context.Context) error {
	defer context.AfterFunc(writing, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stop(context.Cause(writing))
	})()
	refresh, ended := context.WithCancel(writing)
	defer ended()
	for {
		d.deliver()
		r, wake, over := d.next(time.Now())
		switch {
		case over:
			ended() // a list of shards that hangs does not hold up the end
			d.flights.Wait()
			d.leaveRest()
			d.deliver()
			return d.result()
		case r != nil:
			d.flights.Go(func() { d.send(writing, r) })
			continue
		}
		if d.refreshDue(time.Now()) {
			d.flights.Go(func() { d.refreshShards(refresh) })
		}
		d.wait(wake)
	}
}

// wait returns at a time, unless that is zero, or when something changes.
func (d *dispatcher) wait(wake time.Time) {
	var timer <-chan time.Time
	if !wake.IsZero() {
		timer = time.After(time.Until(wake))
	}
	select {
	case <-d.changed:
	case <-timer:
	}
}

// result is what the run ends with.
func (d *dispatcher) result() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped != nil {
		return d.stopped
	}
	return d.ending
}

// next returns the request to send now, or when to ask again; zero is when
// something changes. over means that there will be none.
func (d *dispatcher) next(now time.Time) (r *request, wake time.Time, over bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.stopped != nil, d.closed && d.outstanding == 0:
		return nil, time.Time{}, d.inFlight == 0
	case d.inFlight >= d.o.InFlight, d.line.attempts > 0 && d.inFlight > 0:
		return nil, time.Time{}, false
	case now.Before(d.lineUntil):
		return nil, d.lineUntil, false
	}
	oldest, wake := d.lanes.look(now)
	if oldest.IsZero() {
		return nil, wake, false
	}
	due := oldest.Add(d.o.Linger)
	if now.Before(due) && !d.closed && !d.blocked && !d.fills() {
		return nil, earlier(wake, due), false
	}
	return d.build(now), time.Time{}, false
}

// fills says whether the open lanes have enough for a whole request.
func (d *dispatcher) fills() bool {
	open := d.lanes.counts
	n := open.records
	if d.o.Aggregate || d.o.Ordered {
		n = open.keys
	}
	return n >= requestRecords || open.bytes >= d.requestBytes
}

// earlier is the earlier of two times of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// signal leaves a token, unless one is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
