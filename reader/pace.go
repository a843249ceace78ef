package reader

import (
	"math"
	"time"
)

// pace says when a shard may be fetched again, and how much to ask for: within
// the shard's limits, which other readers share, and within what the buffer
// has room for.
type pace struct {
	least  time.Duration // between the starts of two fetches, as the options say
	rate   float64       // MiB/s
	most   int           // records of a fetch, as the options say
	target int64         // bytes that a response should not exceed

	period time.Duration // least, or longer where the limit was met
	met    time.Time     // when the limit was met last, or the period last changed
	limit  int           // records: most, or fewer where the limit was met
	count  int           // records of the last response that had any
	size   int64         // bytes of the last response
	record float64       // bytes of a record on average; 0 until one has come
	// unknown says that the first fetch may bring as much as the service returns:
	// the shard begins in the past, and no record has come yet.
	unknown bool
	// refused is the room that the next fetch needs, because an answer was refused for
	// its size; 0 without one.
	refused int64
}

const (
	// LeastReservation is what a fetch takes from the buffer at least: the
	// shard may have filled since the last look.
	LeastReservation = 1 << 20
	// inFlight is about how often a response is held at once while it is
	// received and encoded: as JSON with payloads in base64, as the SDK's copy
	// of that, as records, and as their encoding.
	inFlight = 5
	// mostResponse is the most that the service returns.
	mostResponse = 10 << 20
	// unknownRecord is how large records are taken to be before one has come.
	unknownRecord = 10 << 10

	// politePeriod is what a shard is fetched with where its limit was met:
	// then it never sees more than two fetches in a second, of five, also when
	// their ways take differently long.
	politePeriod = 600 * time.Millisecond
	mostPeriod   = 2 * time.Second
	// forgiveAfter is how long the limit must not be met before the period
	// shortens again.
	forgiveAfter = 5 * time.Minute
)

// Reservation is the room that a fetch takes whose answer has about so many bytes.
func Reservation(bytes int64) int64 { return max(LeastReservation, inFlight*bytes) }

func newPace(o Options) pace {
	return pace{
		least: o.MinFetchPeriod, period: o.MinFetchPeriod, rate: o.MaxFetchRate,
		most: o.MaxRecordsPerFetch, limit: o.MaxRecordsPerFetch,
		// A few fetches at once should fit the buffer, with all they hold.
		target: min(max(o.FetchBufferSize/(4*inFlight), 64<<10), mostResponse),
	}
}

// expected is how many bytes the next response may have: a shard that was
// quiet is not asked for all at once, and twice as much with each fetch; and
// never for more than a second of the rate, for a larger page meets the limit,
// or makes another reader meet it.
func (p *pace) expected() int64 {
	target := p.target
	if rate := p.share(); !math.IsInf(rate, 1) {
		target = min(target, max(1, int64(rate*(1<<20))))
	}
	return min(target, max(LeastReservation/inFlight, 2*p.size))
}

// share is the rate, in MiB/s, that this reader takes: less where the limit was
// met, so that two readers which both catch up leave room for each other.
func (p *pace) share() float64 {
	if p.period > p.least {
		return p.rate * 3 / 4
	}
	return p.rate
}

// reservation is what the next fetch takes from the buffer. Where nothing is known of the
// shard it is for the largest response: then few shards are fetched at once, or one
// alone, until records have come.
func (p *pace) reservation() int64 {
	switch {
	case p.refused > 0:
		return p.refused
	case p.unknown && p.record == 0:
		return inFlight * mostResponse
	}
	return Reservation(max(p.expected(), int64(p.record)))
}

// learn takes over how large records are elsewhere in the run, until one has come.
func (p *pace) learn(record int64) {
	if p.record == 0 {
		p.record = float64(record)
	}
}

// ask is how many records to ask for.
func (p *pace) ask() int {
	records := float64(p.target) / unknownRecord
	switch {
	case p.record > 0:
		records = float64(p.expected()) / p.record
	case p.unknown && p.target < mostResponse/4: // the largest response would not fit the buffer
		records = 4
	}
	return max(1, min(p.limit, int(records)))
}

// received takes in a response and returns when the next fetch may start, for
// the rate, when this one started at a time.
func (p *pace) received(records int, bytes int64, started time.Time) time.Time {
	p.size, p.unknown, p.refused = bytes, false, 0
	if records > 0 {
		p.count = records
		average := float64(bytes) / float64(records)
		if p.record == 0 {
			p.record = average
		}
		p.record = max(1, (p.record+average)/2)
	}
	rate := p.share()
	if math.IsInf(rate, 1) {
		return started
	}
	return started.Add(time.Duration(float64(bytes) / (rate * (1 << 20)) * float64(time.Second)))
}

// passed takes in a fetch that did not meet the limit.
func (p *pace) passed(now time.Time) {
	p.limit = min(p.limit*2, p.most)
	if p.period > p.least && now.Sub(p.met) >= forgiveAfter {
		p.period = max(p.least, p.period*4/5)
		p.met = now
	}
}

// throttled takes in a fetch that met the limit: it asks for half as much, as
// the connector does, and less often.
func (p *pace) throttled(now time.Time) {
	asked := p.limit
	if p.count > 0 { // what came, where less came than was asked for
		asked = min(asked, p.count)
	}
	p.limit = max(1, asked/2)
	p.met = now
	if p.least > 0 {
		p.period = max(p.least, min(mostPeriod, max(politePeriod, p.period*5/4)))
	}
}
