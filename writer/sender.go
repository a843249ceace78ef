package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kin/internal/apierror"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/dustin/go-humanize"
)

// sender writes what the queue holds, one request after the other.
type sender struct {
	client       Client
	o            Options
	requestBytes int // what a request may count; less once one was refused
	summary      Summary
	request      []types.PutRecordsRequestEntry // reused
}

// run ends with the queue, or with the first request that cannot be completed.
// Records left in the queue are then not written.
func (s *sender) run(ctx context.Context, q *queue) error {
	for {
		entries, err := q.take()
		var rejected *RejectedError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &rejected):
			s.summary.Rejected += rejected.Records
			return err
		case err != nil:
			return err
		}
		for len(entries) > 0 {
			n := s.fit(entries)
			last := entries[n-1].number
			left, err := s.settle(ctx, entries[:n])
			switch {
			case errors.Is(err, errTooLarge):
				continue
			case err != nil:
				s.summary.WrittenThrough = left[0].number - 1
				return err
			}
			s.summary.WrittenThrough = last
			entries = entries[n:]
		}
	}
}

// fit returns how many of the entries go into one request, at least 1.
func (s *sender) fit(entries []entry) int {
	size := 0
	for n := range entries {
		if size += entries[n].size; n > 0 && size > s.requestBytes {
			return n
		}
	}
	return len(entries)
}

// errTooLarge means that nothing was written because the endpoint allows less
// in a request than was thought. fit knows it now.
var errTooLarge = errors.New("request too large")

// settle writes entries with one request, and what fails of it with further
// ones that hold nothing else, until all are written. With an error it returns
// those that are not, in their order. It rearranges entries.
func (s *sender) settle(ctx context.Context, entries []entry) (left []entry, err error) {
	began := time.Now()
	var wait backoff
	trouble := trouble{since: began}
	for {
		before := len(entries)
		failed, v, cause := s.attempt(ctx, entries)
		switch {
		case len(failed) == 0:
			return nil, nil
		case ctx.Err() != nil:
			return s.giveUp(failed, context.Cause(ctx))
		case v == refused && s.shrink(ctx, entries):
			return nil, errTooLarge
		case v == refused:
			return s.giveUp(failed, &CallError{"PutRecords", s.o.Stream, cause, failed[0].number, failed[len(failed)-1].number})
		case v != again && v != unsure:
			return s.giveUp(failed, &CallError{Call: "PutRecords", Stream: s.o.Stream, Err: cause})
		}
		if len(failed) < before {
			wait.reset()
		}
		entries = failed

		remaining := s.o.RetryFor - time.Since(began)
		if remaining <= 0 {
			return s.reject(failed, time.Since(began), cause)
		}
		pause := min(wait.next(), remaining)
		s.o.Log.DebugContext(ctx, "records failed", "stream", s.o.Stream, "records", len(failed), "of", before,
			"attempt", wait.attempts, "wait", pause, "error", cause)
		if trouble.now() {
			s.o.Say(fmt.Sprintf("%s: %s not written yet, retrying: %s", s.o.Stream, count(int64(len(failed)), "record"), apierror.Brief(cause)))
		}
		if err := sleep(ctx, pause); err != nil {
			return s.giveUp(failed, err)
		}
	}
}

// attempt sends one request. It returns the entries that are not written, in
// their order, what to do about them, and what they failed of.
func (s *sender) attempt(ctx context.Context, entries []entry) (failed []entry, _ verdict, cause error) {
	s.request = s.request[:0]
	for i := range entries {
		e := &entries[i]
		if e.sent {
			s.resent(e)
		}
		e.sent = true
		s.request = append(s.request, requestEntry(e))
	}
	in := &kinesis.PutRecordsInput{Records: s.request}
	in.StreamName, in.StreamARN = nameOrARN(s.o.Stream)

	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := s.client.PutRecords(call, in)
	s.o.Log.DebugContext(ctx, "request", "call", "PutRecords", "stream", s.o.Stream, "records", len(entries), "error", err)
	if err == nil && (out == nil || len(out.Records) != len(entries)) {
		err = &countError{len(entries), out}
	}
	if err != nil {
		v := classify(err)
		if v == unsure {
			for i := range entries {
				entries[i].unsure = true
			}
		}
		return entries, v, err
	}

	// In place: what is kept moves forward over what was dealt with.
	failed = entries[:0]
	v := again
	for i := range entries {
		e, result := &entries[i], &out.Records[i]
		if result.SequenceNumber != nil && *result.SequenceNumber != "" {
			s.summary.Written++
			s.summary.Bytes += int64(len(e.Data))
			continue
		}
		why := &entryError{deref(result.ErrorCode), deref(result.ErrorMessage)}
		if cause == nil {
			cause = why
		}
		// An entry is not the request: what passes for one entry and not for
		// another may pass later, unless its code says that it will not.
		switch code, known := byCode(why.code); {
		case why.code == "":
			e.unsure = true
		case known && code != again && code != unsure:
			v, cause = fatal, why
		}
		failed = append(failed, *e)
	}
	return failed, v, cause
}

// requestEntry refers to e, which must stay where it is during the call.
func requestEntry(e *entry) types.PutRecordsRequestEntry {
	r := types.PutRecordsRequestEntry{Data: e.Data, PartitionKey: &e.PartitionKey}
	if e.Data == nil {
		r.Data = []byte{} // the SDK takes nil for a member that was forgotten
	}
	if e.ExplicitHashKey != "" {
		r.ExplicitHashKey = &e.ExplicitHashKey
	}
	return r
}

// resent counts an entry that is sent again.
func (s *sender) resent(e *entry) {
	if !e.retried {
		e.retried = true
		s.summary.Retried++
	}
	if e.unsure && !e.twice {
		e.twice = true
		s.summary.PossiblyTwice++
	}
}

// shrink takes the refusal of entries as the smaller limit of an older
// endpoint, if it can be that, and reports whether it can.
func (s *sender) shrink(ctx context.Context, entries []entry) bool {
	size := 0
	for i := range entries {
		size += entries[i].size
	}
	if len(entries) == 1 || size <= requestBytesOfOld {
		return false
	}
	for i := range entries {
		entries[i].sent = entries[i].retried // not a failure of the records
	}
	s.o.Log.DebugContext(ctx, "endpoint refuses requests of more than 5 MiB", "stream", s.o.Stream)
	s.requestBytes = requestBytesOfOld
	return true
}

// reject gives up the entries left after retries.
func (s *sender) reject(left []entry, after time.Duration, cause error) ([]entry, error) {
	s.summary.Rejected += int64(len(left))
	left, err := s.giveUp(left, cause)
	return left, &RejectedError{
		Records: int64(len(left)), First: left[0].number, Reason: apierror.Brief(err),
		Sent: true, After: after, Unsure: s.summary.Unsure,
	}
}

// giveUp counts what it cannot be sure of and returns its arguments.
func (s *sender) giveUp(left []entry, cause error) ([]entry, error) {
	for i := range left {
		if left[i].unsure {
			s.summary.Unsure++
		}
	}
	return left, cause
}

// countError is an answer that does not match its request. What became of the
// records is not known.
type countError struct {
	want int
	out  *kinesis.PutRecordsOutput
}

func (e *countError) Error() string {
	got := 0
	if e.out != nil {
		got = len(e.out.Records)
	}
	return fmt.Sprintf("the answer to %s is about %d", count(int64(e.want), "record"), got)
}

// trouble says when a person should hear of retries: when they have lasted for
// troubleAfter, and then every troubleEvery.
type trouble struct{ since, said time.Time }

func (t *trouble) now() bool {
	now := time.Now()
	if now.Sub(t.since) < troubleAfter || !t.said.IsZero() && now.Sub(t.said) < troubleEvery {
		return false
	}
	t.said = now
	return true
}

// count is n with its noun, which is regular.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return humanize.Comma(n) + " " + noun + "s"
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
