package writer

import (
	"errors"
	"slices"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/apierror"
)

// giveUp rejects records that were retried for as long as is allowed.
func (d *dispatcher) giveUp(over []*entry, cause error, now time.Time) {
	slices.SortFunc(over, byNumber)
	e := &RejectedError{
		Records: int64(len(over)), First: over[0].number, Reason: apierror.Brief(cause),
		Sent: true, After: now.Sub(over[0].sent),
	}
	for _, one := range over {
		if one.unsure() {
			e.Unsure++
		}
		d.reject(one, cause, true)
	}
	if d.o.Rejected != nil {
		return
	}
	// Requests that were in flight when the first one was given up may bring more.
	var first *RejectedError
	if errors.As(d.stopped, &first) && first.Sent {
		first.add(e)
		return
	}
	d.stop(e)
}

func byNumber(a, b *entry) int { return int(a.number - b.number) }

// reject settles a record that is given up.
func (d *dispatcher) reject(e *entry, cause error, sent bool) {
	d.summary.Rejected++
	if sent {
		at := d.shard(d.shards.predict(e))
		at.count(e)
		at.Rejected++
	}
	reason := apierror.Brief(cause)
	if !sent {
		reason = messageOf(cause)
	}
	result := failedResult(e, cause)
	if d.o.Rejected == nil {
		d.done(e, rejected, result)
		return
	}
	d.outbox.rejections = append(d.outbox.rejections, Rejection{
		Record: e.Record, Number: e.number, Reason: reason, Unsure: e.unsure(),
	})
	d.done(e, saved, result)
	signal(d.changed)
}

// leaveRest settles what the run leaves when it was stopped. The requests are
// over.
func (d *dispatcher) leaveRest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outstanding == 0 {
		return
	}
	var rest []*entry
	for _, l := range d.lanes.drain() {
		for !l.empty() {
			rest = append(rest, l.takeFirst().entries...)
		}
	}
	slices.SortFunc(rest, byNumber)
	why := &entryError{codeNotWritten, "the run ended before it was written"}
	for _, e := range rest {
		if d.o.Rejected != nil {
			d.reject(e, why, !e.sent.IsZero())
			continue
		}
		d.done(e, rejected, failedResult(e, why))
	}
}

// failedResult is what to report of a record that is not written as far as is
// known. What is not known is said: nobody should take NotWritten, or what the
// service said of the last request alone, for all there is.
func failedResult(e *entry, cause error) Result {
	code, message := codeOf(cause), messageOf(cause)
	if e.unsure() {
		if code == codeNotWritten {
			code = codeNoAnswer
		}
		message += "; it may be in the stream, for it is not known what became of a request with it"
	}
	return Result{Record: e.number, ErrorCode: code, ErrorMessage: message}
}

// The codes of records that failed without one of the service's.
const (
	codeThroughput = "ProvisionedThroughputExceededException"
	codeInUse      = "ResourceInUseException"
	codeRejected   = "Rejected"   // it can never be accepted, and was not sent
	codeNoAnswer   = "NoAnswer"   // what came back was no answer of the service
	codeNotWritten = "NotWritten" // the run ended first
)

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return api.ErrorCode()
	}
	return codeNoAnswer
}

func messageOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return api.ErrorMessage()
	}
	return apierror.Brief(err)
}
