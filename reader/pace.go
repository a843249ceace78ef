package reader

import (
	"math"
	"time"
)

// pace decides when a shard may be fetched again, and how many records to request. It stays within
// the shard's limits, which other readers share, and within the space of the buffer.
type pace struct {
	minPeriod  time.Duration // minimum time between the starts of two fetches: Options.MinFetchPeriod
	rate       float64       // MiB/s
	maxRecords int           // records of a fetch: Options.MaxRecordsPerFetch
	target     int64         // bytes that a response should not exceed

	period   time.Duration // minPeriod, or longer after the limit was exceeded
	limitMet time.Time     // when the limit was last exceeded, or the period last changed
	limit    int           // records to request: maxRecords, or fewer after the limit was exceeded
	count    int           // records of the last response with any
	size     int64         // bytes of the last response
	record   float64       // average bytes of a record; 0 before the first
	// unknown means that the first fetch may return as much as the service allows. The shard begins
	// in the past, and no record was received yet.
	unknown bool
	// refusedBytes is the space that the next fetch needs, because an answer was refused for its
	// size; 0 without one.
	refusedBytes int64
}

const (
	// LeastReservation is the minimum reservation of a fetch: the shard may have got records since
	// the last fetch.
	LeastReservation = 1 << 20
	// inFlight is about how many copies of a response are in memory while it is received and
	// encoded. These are JSON with base64 payloads, the SDK's copy of that, records, and their
	// encoding.
	inFlight = 5
	// maxResponse is the largest response of the service.
	maxResponse = 10 << 20
	// unknownRecord is the assumed size of a record before the first.
	unknownRecord = 10 << 10

	// politePeriod is the period of a shard whose limit was exceeded. This reader then never uses
	// more than two of the shard's five fetches in a second, even if their network delays differ.
	politePeriod = 600 * time.Millisecond
	maxPeriod    = 2 * time.Second
	// forgiveAfter is how long the limit must not be exceeded before the period shortens again.
	forgiveAfter = 5 * time.Minute
)

// Reservation is the space that a fetch reserves for an answer of about so many bytes.
func Reservation(bytes int64) int64 { return max(LeastReservation, inFlight*bytes) }

func newPace(o Options) pace {
	return pace{
		minPeriod: o.MinFetchPeriod, period: o.MinFetchPeriod, rate: o.MaxFetchRate,
		maxRecords: o.MaxRecordsPerFetch, limit: o.MaxRecordsPerFetch,
		// A few fetches at once should fit the buffer, with all that they hold.
		target: min(max(o.FetchBufferSize/(4*inFlight), 64<<10), maxResponse),
	}
}

// expected is how many bytes the next response may have. It doubles with each fetch, so a shard
// that was quiet does not request everything at once. It is at most one second of the rate: a
// larger response would make this reader, or another one, exceed the limit.
func (p *pace) expected() int64 {
	target := p.target
	if rate := p.share(); !math.IsInf(rate, 1) {
		target = min(target, max(1, int64(rate*(1<<20))))
	}
	return min(target, max(LeastReservation/inFlight, 2*p.size))
}

// share is the rate, in MiB/s, that this reader uses. It is lower after the limit was exceeded, so
// that two readers which both catch up leave capacity for each other.
func (p *pace) share() float64 {
	if p.period > p.minPeriod {
		return p.rate * 3 / 4
	}
	return p.rate
}

// reservation is what the next fetch reserves in the buffer. If nothing is known about the shard,
// it is for the largest response. Then few shards, or one, are fetched at once until records
// arrive.
func (p *pace) reservation() int64 {
	switch {
	case p.refusedBytes > 0:
		return p.refusedBytes
	case p.unknown && p.record == 0:
		return inFlight * maxResponse
	}
	return Reservation(max(p.expected(), int64(p.record)))
}

// useRecordSize uses the record size of the run's other shards, until this shard has one.
func (p *pace) useRecordSize(record int64) {
	if p.record == 0 {
		p.record = float64(record)
	}
}

// nextLimit is how many records the next fetch requests.
func (p *pace) nextLimit() int {
	records := float64(p.target) / unknownRecord
	switch {
	case p.record > 0:
		records = float64(p.expected()) / p.record
	case p.unknown && p.target < maxResponse/4: // the largest response would not fit the buffer
		records = 4
	}
	return max(1, min(p.limit, int(records)))
}

// received updates the pace after a response. It returns when the rate allows the next fetch, if
// this one began at started.
func (p *pace) received(records int, bytes int64, started time.Time) time.Time {
	p.size, p.unknown, p.refusedBytes = bytes, false, 0
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

// succeeded updates the pace after a fetch that did not exceed the limit.
func (p *pace) succeeded(now time.Time) {
	p.limit = min(p.limit*2, p.maxRecords)
	if p.period > p.minPeriod && now.Sub(p.limitMet) >= forgiveAfter {
		p.period = max(p.minPeriod, p.period*4/5)
		p.limitMet = now
	}
}

// throttled updates the pace after a fetch that exceeded the limit. It requests half as much, as
// the connector does, and less often.
func (p *pace) throttled(now time.Time) {
	asked := p.limit
	if p.count > 0 { // fewer records were received than requested
		asked = min(asked, p.count)
	}
	p.limit = max(1, asked/2)
	p.limitMet = now
	if p.minPeriod > 0 {
		p.period = max(p.minPeriod, min(maxPeriod, max(politePeriod, p.period*5/4)))
	}
}
