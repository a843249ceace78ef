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
	spec    string // without the suffix
	op      string
	kind    string // as AddFault has it; "error" for a code
	code    string
	delay   time.Duration
	indexes []int
	after   int    // events before it happens, in a subscription
	ending  string // of no-end

	left   int     // calls left, -1 = no end
	chance float64 // 1 = always
}

// script is what the faults make of one call. The zero script is no fault.
type script struct {
	delay   time.Duration
	skew    time.Duration // of the clock that signatures are checked by
	kind    string        // "" = none
	err     error
	indexes []int // of partial; nil = every second entry

	// Of SubscribeToShard:
	bare     bool   // no initial-response
	noEnd    string // what comes in place of a shard's end: break, close or idle; "" = the end
	after    int    // events that come before the rest of the script
	inStream error  // what ends the stream
}

// breaks says whether the answer of the call is damaged on its way out.
func (s script) breaks() bool { return s.kind == "cut" || s.kind == "stall" }

// faults are the scripted faults of an endpoint.
type faults struct {
	mu   sync.Mutex // guards list, and the faults in it
	list []*fault
}

var (
	faultPattern = regexp.MustCompile(`^([A-Za-z*]+)=(.+?)(?:\*([0-9]+)|@([0-9.]+))?$`)
	codePattern  = regexp.MustCompile(`^[A-Z][A-Za-z]*(Exception|Failure|Unavailable)$|^(KMSOptInRequired|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|AccessDenied|Request(Expired|InTheFuture|TimeTooSkewed)|TokenRefreshRequired)$`)
)

// tokenCalls are the operations that take a NextToken.
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

// CheckFault says what is wrong with a fault's text, without the text itself;
// nil means that AddFault takes it.
func CheckFault(spec string) error {
	_, err := parseFault(spec)
	return err
}

// fits says whether the fault can happen to an operation.
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

// AddFault adds a scripted fault. It is written OP=FAULT, OP=FAULT*N for the next N
// calls, or OP=FAULT@P for a call with probability P; without either it is every call
// until the faults are cleared. OP is an operation, or * for all it can happen to.
//
// FAULT is one of
//
//	an error code      XxxException, InternalFailure (500), ServiceUnavailable (503)
//	latency:D          the answer begins D later, in real time
//	skew:D             the endpoint's clock is D ahead of its own time, as the Date of the
//	                   answer says; a signature that is 5 minutes off by that clock gets
//	                   InvalidSignatureException
//	reset              the connection is reset; nothing was done
//	garbage            200 with a body that is not JSON; nothing was done
//	html               503 with a page of HTML; nothing was done
//	cut                the call is done, and its answer ends half-way, short of Content-Length
//	stall              the call is done, and its answer stops half-way until the client goes
//	expired-iterator   GetRecords: ExpiredIteratorException
//	expired-token      a list call with a NextToken: ExpiredNextTokenException
//	repeat-token       a list call: the first page, and the NextToken of the request again
//	empty-page         a list call: an empty page, and a new NextToken that leads to the
//	                   page left out
//	empty              GetRecords: no records, MillisBehindLatest above zero, an iterator at
//	                   the same position
//	partial:3,7,499    PutRecords: the entries with these indexes, from 0, are throttled, the
//	                   others stored
//	partial            PutRecords: every second entry, from index 1, is throttled
//
// A subscription has these of its own, and cut, stall and empty as follows.
// :N is a number of events that come before:
//
//	silent               opens, and nothing comes until its five minutes are over
//	early, early:N       closes after the first event, or after N
//	empty                closes without an event
//	cut, cut:N           the connection breaks in the middle of the next event's frame
//	stall, stall:N       nothing more comes from the middle of the next event's frame on
//	stream:CODE[:N]      the error comes in the stream, in place of the next event
//	no-initial-response  the first frame is missing
//	no-end, no-end:HOW   the end of a closed shard is not announced: the connection
//	                     breaks there (break), the stream closes (close), or empty
//	                     events go on (idle)
//
// reset on the one side and cut and stall on the other are the two halves of a
// client's doubt whether its records were stored. Faults are looked at in the
// order they were added: the first that applies is the one that happens, but
// latency, skew, no-initial-response and no-end happen together with whatever
// comes after them.
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

// String is the spec, with the calls that are left of it.
func (f *fault) String() string {
	switch {
	case f.left >= 0:
		return f.spec + "*" + strconv.Itoa(f.left)
	case f.chance < 1:
		return f.spec + "@" + strconv.FormatFloat(f.chance, 'g', -1, 64)
	}
	return f.spec
}

// specs are the faults that can still happen.
func (f *faults) specs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, one := range f.list {
		list = append(list, one.String())
	}
	return list
}

// pick takes the faults of one call and counts them as happened.
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
