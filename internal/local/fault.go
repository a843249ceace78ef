package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is a scripted fault, see AddFault.
type fault struct {
	spec    string // without the suffix *N or @P
	op      string
	kind    string // its name in AddFault; "error" for an error code
	code    string
	delay   time.Duration
	indexes []int
	after   int    // for a subscription: the number of events before the fault
	ending  string // for no-end: break, close or idle

	left   int     // calls left, -1 = no limit
	chance float64 // 1 = always
}

// script is the effect of all faults on one call. The zero script has no fault.
type script struct {
	delay   time.Duration
	skew    time.Duration // added to the clock that signatures are checked with
	kind    string        // "" = none
	err     error
	indexes []int // for partial; nil = every second entry

	// The following are for SubscribeToShard.

	bare     bool   // no initial-response
	noEnd    string // what replaces the end of a shard: break, close or idle; "" = the normal end
	after    int    // number of events before the rest of the script
	inStream error  // the error that ends the stream
}

// breaks reports whether the answer of the call is cut or stalls half-way.
func (s script) breaks() bool { return s.kind == "cut" || s.kind == "stall" }

// faults has the scripted faults of an endpoint.
type faults struct {
	mu   sync.Mutex // guards list and the faults in it
	list []*fault
}

var (
	faultPattern = regexp.MustCompile(`^([A-Za-z*]+)=(.+?)(?:\*([0-9]+)|@([0-9.]+))?$`)
	codePattern  = regexp.MustCompile(`^[A-Z][A-Za-z]*(Exception|Failure|Unavailable)$|^(KMSOptInRequired|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|AccessDenied|Request(Expired|InTheFuture|TimeTooSkewed)|TokenRefreshRequired)$`)
)

// tokenCalls are the operations with a NextToken.
var tokenCalls = []string{"ListShards", "ListStreamConsumers", "ListStreams"}

func parseFault(spec string) (*fault, error) {
	m := faultPattern.FindStringSubmatch(spec)
	if m == nil {
		return nil, errors.New("want OP=FAULT, OP=FAULT*N or OP=FAULT@P")
	}
	f := &fault{spec: m[1] + "=" + m[2], op: m[1], kind: m[2], left: -1, chance: 1}
	if operations[f.op] == nil && stsOperations[f.op] == nil && f.op != "*" {
		return nil, fmt.Errorf("%q is not an operation this endpoint knows", f.op)
	}
	var err error
	if m[3] != "" {
		if f.left, err = strconv.Atoi(m[3]); err != nil || f.left < 1 {
			return nil, errors.New("want a number of calls of 1 or more after *")
		}
	}
	if m[4] != "" {
		if f.chance, err = strconv.ParseFloat(m[4], 64); err != nil || !(f.chance > 0 && f.chance <= 1) {
			return nil, errors.New("want a probability above 0 and up to 1 after @")
		}
	}
	kind, value, valued := strings.Cut(m[2], ":")
	switch {
	case kind == "latency":
		f.kind = kind
		if f.delay, err = time.ParseDuration(value); err != nil || f.delay <= 0 {
			return nil, errors.New("want a duration such as latency:500ms")
		}
	case kind == "skew":
		f.kind = kind
		if f.delay, err = time.ParseDuration(value); err != nil || f.delay == 0 {
			return nil, errors.New("want a duration such as skew:10m or skew:-10m")
		}
	case kind == "partial" && valued:
		f.kind = kind
		for text := range strings.SplitSeq(value, ",") {
			i, err := strconv.Atoi(text)
			if err != nil || i < 0 {
				return nil, errors.New("want indexes from 0 such as partial:3,7,499")
			}
			f.indexes = append(f.indexes, i)
		}
	case kind == "stream":
		code, after, counted := strings.Cut(value, ":")
		f.kind, f.code = kind, code
		if counted {
			f.after, err = parseEvents(after)
		}
		if err != nil || !codePattern.MatchString(code) {
			return nil, errors.New("want an error code such as stream:InternalFailureException, or with a number of events before it stream:InternalFailureException:3")
		}
	case valued && f.op == "SubscribeToShard" && slices.Contains([]string{"cut", "stall", "early"}, kind):
		f.kind = kind
		if f.after, err = parseEvents(value); err != nil {
			return nil, fmt.Errorf("want a number of events from 0 such as %s:3", kind)
		}
	case kind == "no-end":
		f.kind, f.ending = kind, "break"
		if valued {
			f.ending = value
		}
		if !slices.Contains([]string{"break", "close", "idle"}, f.ending) {
			return nil, errors.New("want no-end:break, no-end:close or no-end:idle")
		}
	case valued:
		return nil, fmt.Errorf("%q takes no value", kind)
	case kind == "early":
		f.after = 1
	case codePattern.MatchString(kind):
		f.kind, f.code = "error", kind
	case !slices.Contains([]string{"reset", "garbage", "html", "cut", "stall", "expired-iterator", "expired-token", "repeat-token", "empty-page", "empty", "partial",
		"silent", "no-initial-response"}, kind):
		return nil, fmt.Errorf("%q is neither an error code nor a fault", kind)
	}
	if f.op != "*" && !f.fits(f.op) {
		return nil, fmt.Errorf("%s cannot happen to %s", f.kind, f.op)
	}
	return f, nil
}

func parseEvents(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}

// CheckFault returns the error that AddFault would return, without the fault's text. It returns
// nil for a valid fault.
func CheckFault(spec string) error {
	_, err := parseFault(spec)
	return err
}

// fits reports whether the fault can happen to an operation.
func (f *fault) fits(op string) bool {
	switch f.kind {
	case "expired-iterator":
		return op == "GetRecords"
	case "empty":
		return op == "GetRecords" || op == "SubscribeToShard"
	case "silent", "early", "stream", "no-initial-response", "no-end":
		return op == "SubscribeToShard"
	case "partial":
		return op == "PutRecords"
	case "expired-token", "repeat-token", "empty-page":
		return slices.Contains(tokenCalls, op)
	}
	return true
}

// AddFault adds a scripted fault. Its form is OP=FAULT for every call until ClearFaults,
// OP=FAULT*N for the next N calls, or OP=FAULT@P for each call with probability P. OP is an
// operation, or * for all operations that the fault can happen to.
//
// FAULT is one of
//
//	an error code      XxxException, InternalFailure (500), ServiceUnavailable (503)
//	latency:D          the answer begins D later, in real time
//	skew:D             the clock for signatures and the Date header is D ahead; a signature that
//	                   is more than 5 minutes off that clock gets InvalidSignatureException
//	reset              the connection is reset; the call has no effect
//	garbage            200 with a body that is not JSON; the call has no effect
//	html               503 with an HTML page; the call has no effect
//	cut                the call succeeds; its answer ends half-way, short of Content-Length
//	stall              the call succeeds; its answer stops half-way until the client disconnects
//	expired-iterator   GetRecords: ExpiredIteratorException
//	expired-token      a list call with a NextToken: ExpiredNextTokenException
//	repeat-token       a list call: the first page, with the NextToken of the request
//	empty-page         a list call: an empty page; its NextToken continues with the skipped page
//	empty              GetRecords: no records, MillisBehindLatest above zero, an iterator at the
//	                   same position
//	partial:3,7,499    PutRecords: the entries with these indexes, from 0, are throttled; the
//	                   others are stored
//	partial            PutRecords: every second entry, from index 1, is throttled
//
// A subscription has the following faults. N is the number of events before the fault:
//
//	silent               opens and sends nothing for its five minutes
//	early, early:N       closes after the first event, or after N
//	empty                closes without an event
//	cut, cut:N           the connection breaks in the middle of the next event's frame
//	stall, stall:N       the stream stops in the middle of the next event's frame
//	stream:CODE[:N]      the stream has the error instead of the next event
//	no-initial-response  the first frame is missing
//	no-end, no-end:HOW   the end of a closed shard is not sent: the connection breaks (break), the
//	                     stream closes (close), or empty events continue (idle)
//
// reset leaves the client in doubt whether its records were stored, and they were not. So do
// cut and stall, and the records were stored.
//
// Each call uses the first fault that applies, in the order in which they were added. latency,
// skew, no-initial-response and no-end are combined with a later fault.
func (e *Endpoint) AddFault(spec string) error {
	f, err := parseFault(spec)
	if err != nil {
		return fmt.Errorf("fault %q: %w", spec, err)
	}
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.list = append(e.faults.list, f)
	return nil
}

// ClearFaults removes all scripted faults.
func (e *Endpoint) ClearFaults() {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.list = nil
}

// String returns the fault's text, with the number of calls that are left.
func (f *fault) String() string {
	switch {
	case f.left >= 0:
		return f.spec + "*" + strconv.Itoa(f.left)
	case f.chance < 1:
		return f.spec + "@" + strconv.FormatFloat(f.chance, 'g', -1, 64)
	}
	return f.spec
}

// specs returns the texts of the faults that can still happen.
func (f *faults) specs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, one := range f.list {
		list = append(list, one.String())
	}
	return list
}

// pick returns the effect of the faults on one call, and counts that call for each of them.
func (f *faults) pick(c *call) script {
	f.mu.Lock()
	defer f.mu.Unlock()
	var s script
	for _, one := range f.list {
		if one.op != c.op && (one.op != "*" || !one.fits(c.op)) {
			continue
		}
		if one.kind == "expired-token" && !c.args.has("NextToken") {
			continue
		}
		if one.chance < 1 && rand.Float64() >= one.chance {
			continue
		}
		if one.left > 0 {
			one.left--
		}
		switch one.kind {
		case "latency":
			s.delay += one.delay
			continue
		case "skew":
			s.skew += one.delay
			continue
		case "no-initial-response":
			s.bare = true
			continue
		case "no-end":
			s.noEnd = one.ending
			continue
		case "stream":
			s.inStream = fail(one.code, "scripted fault: %s", one.spec)
		}
		s.kind, s.indexes, s.after = one.kind, one.indexes, one.after
		if one.kind == "error" {
			s.err = fail(one.code, "scripted fault: %s", one.spec)
		}
		break
	}
	f.list = slices.DeleteFunc(f.list, func(one *fault) bool { return one.left == 0 })
	return s
}
