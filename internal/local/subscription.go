package local

import (
	"net/http"
	"time"
)

const (
	maxEventBytes = mib
	heartbeat     = 5 * time.Second // longest time between two events
)

// subscription is the state of one successful SubscribeToShard call. The first group of fields
// never changes. Only the goroutine that serves the subscription uses the second group.
type subscription struct {
	stream   *stream
	consumer *consumer
	link     *link
	shard    *shard
	began    time.Time // by the endpoint's clock, like all times here
	script   script

	next      uint64 // index of the next record
	stuck     bool   // reading never returns a record, see TrimmedEmpty
	lastEvent time.Time
	events    int // number of events sent
}

// turn is the next step of a subscription. It first sends event or err, if set. Then it closes
// the stream if over is set, breaks the connection if broken is set, or waits.
type turn struct {
	event  *event
	err    error
	over   bool
	broken bool          // nothing more is sent
	wait   time.Duration // the longest wait, without event and err
}

// event is a SubscribeToShardEvent. It can be encoded without a lock.
type event struct {
	reading
	at *sequence // ContinuationSequenceNumber; nil = the shard has ended
}

// turn returns the next step of a subscription. It checks the clock, the stream, the consumer,
// other subscriptions and the shard.
func (e *Endpoint) turn(u *subscription) turn {
	now := e.Now()
	ms := now.UnixMilli()
	s := u.stream
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := turn{wait: min(u.began.Add(subscriptionLife).Sub(now), u.lastEvent.Add(heartbeat).Sub(now))}
	if u.script.kind == "silent" {
		t.wait = u.began.Add(subscriptionLife).Sub(now)
	}
	switch {
	case now.Sub(u.began) >= subscriptionLife:
		return turn{over: true}
	case u.script.kind == "silent":
		return t
	case s.status == deleting && ms >= s.ready:
		return turn{over: true, err: streamNotFound(s.name)}
	case u.consumer.isDeleted(ms):
		return turn{over: true, err: notFound("Consumer %s under stream %s not found for account %s.", u.consumer.name, s.name, Account)}
	case u.link.current != u:
		if e.options.Takeover == TakeoverEnd {
			return turn{over: true}
		}
		return turn{over: true, err: inUse("Another subscription of consumer %s to shard %s has taken over.", u.consumer.name, u.shard.id)}
	}
	if s.status == deleting {
		t.wait = min(t.wait, time.UnixMilli(s.ready).Sub(now))
	}
	if u.consumer.deleting {
		t.wait = min(t.wait, time.UnixMilli(u.consumer.ready).Sub(now))
	}
	e.fill(&t, u, now)
	return t
}

// fill adds an event to a turn if there are records, the shard has ended or a heartbeat is due.
// The caller holds stream.mu.
func (e *Endpoint) fill(t *turn, u *subscription, now time.Time) {
	s, sh := u.stream, u.shard
	ms, tick := now.UnixMilli(), now.UnixNano()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(s.trimHorizon(ms))

	p := page{first: u.next}
	if !u.stuck {
		p = sh.page(u.next, maxRecords, maxEventBytes)
		if !u.link.bytes.fits(tick, float64(p.bytes)) {
			t.wait = min(t.wait, u.link.bytes.wait(tick, float64(p.bytes)))
			p = page{first: p.first}
		}
		u.next = p.first
	}
	next := p.first + uint64(p.count)
	ended := sh.closed != 0 && next == sh.next && !u.stuck && (p.count == 0 || !e.options.EndAlone)
	if ended && u.script.noEnd != "" {
		ended = false
		if p.count == 0 && u.script.noEnd != "idle" {
			*t = turn{over: u.script.noEnd == "close", broken: u.script.noEnd == "break"}
			return
		}
	}
	due := now.Sub(u.lastEvent) >= heartbeat || u.events == 0 && !e.options.QuietStart
	if p.count == 0 && !ended && !due {
		return
	}
	u.link.bytes.take(float64(p.bytes))

	v := &event{reading: reading{page: p, shard: sh, encrypt: s.encryptionMember(), behind: sh.behind(next, ms)}}
	if u.stuck {
		v.behind = int64(s.retention) * 3_600_000
	}
	if e.options.OmitMillisBehindLatest {
		v.behind = -1
	}
	switch {
	case !ended:
		at := sh.continuation(p, u.stuck, ms)
		v.at = &at
	case !e.options.OmitChildShards:
		v.ended = sh.children
	}
	t.event, t.over = v, ended
	u.next, u.lastEvent = next, now
}

// continuation returns a sequence number that a client can use to continue after the page. It is
// that of the page's last record. After an empty page it has the index of the record before the
// page, but a later time. It therefore stays valid after that record was trimmed. The caller holds
// mu.
func (s *shard) continuation(p page, stuck bool, now int64) sequence {
	next := p.first + uint64(p.count)
	q := sequence{s.epoch, next, now / 1000, s.number}
	switch {
	case p.count > 0:
		return s.sequence(next-1, s.at(next-1).arrival)
	case stuck:
		q.index, q.second = next+1, s.epoch
	case next < s.next:
		q.second = s.at(next).arrival / 1000
	}
	q.second = max(q.second, s.epoch)
	return q
}

// append encodes the event as JSON.
func (v *event) append(dst []byte) []byte {
	dst = v.appendRecords(append(dst, '{'))
	if v.at != nil {
		dst = append(dst, `,"ContinuationSequenceNumber":"`...)
		dst = v.at.append(dst)
		dst = append(dst, '"')
	}
	dst = v.appendBehind(dst)
	return append(v.appendChildren(dst), '}')
}

// pump serves a subscription until it ends or its client disconnects. If the stream ends in a
// way in which the service does not close it, pump panics, which closes the connection.
func (e *Endpoint) pump(w http.ResponseWriter, r *http.Request, c *call) {
	e.subscriptions.Add(1)
	defer e.subscriptions.Add(-1)
	u := c.subscription
	out := newFrames(w)
	w.Header().Set("Content-Type", eventStreamType)
	w.WriteHeader(http.StatusOK)
	if !u.script.bare {
		out.initialResponse()
	}
	out.send()
	e.count(c.op)
	for out.err == nil {
		arrived, changed, moved := u.shard.changed.next(), u.stream.changed.next(), e.clock.moved.next()
		if u.scriptedEnd() {
			if u.script.inStream != nil {
				out.exception(u.script.inStream)
				out.send()
			}
			return
		}
		t := e.turn(u)
		switch {
		case t.broken:
			panic(http.ErrAbortHandler)
		case t.err != nil:
			out.exception(t.err)
			out.send()
		case t.event != nil:
			c.out = t.event.append(c.out[:0])
			out.event(c.out)
			if u.script.breaks() && u.events >= u.script.after {
				e.breakFrame(out, r, u.script.kind)
			}
			out.send()
			u.events++
		}
		switch {
		case t.over:
			return
		case t.event != nil:
			continue
		}
		timer := time.NewTimer(t.wait)
		select {
		case <-arrived:
		case <-changed:
		case <-moved:
		case <-timer.C:
		case <-r.Context().Done():
			timer.Stop()
			panic(http.ErrAbortHandler)
		case <-e.closing:
			timer.Stop()
			panic(http.ErrAbortHandler)
		}
		timer.Stop()
	}
	e.log.Debug("subscription broken", "stream", u.stream.name, "shard", u.shard.id, "error", out.err)
	panic(http.ErrAbortHandler)
}

// scriptedEnd reports whether a fault ends the stream after the events sent so far.
func (u *subscription) scriptedEnd() bool {
	switch u.script.kind {
	case "empty", "early", "stream":
		return u.events >= u.script.after
	}
	return false
}

// breakFrame sends half of the buffered frame and breaks the connection. With stall it first
// waits until the client disconnects.
func (e *Endpoint) breakFrame(out *frames, r *http.Request, kind string) {
	out.buffer.Truncate(out.buffer.Len() / 2)
	out.send()
	if kind == "stall" {
		select {
		case <-r.Context().Done():
		case <-e.closing:
		}
	}
	panic(http.ErrAbortHandler)
}
