package efo

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/paging"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// RegistryClient is what a Registry calls; service.Client is one. Each call
// must be a single attempt: the registry retries.
type RegistryClient interface{ service.ConsumerAPI }

// DefaultTimeout is how long Register and Deregister wait, as the connector's
// registerConsumerTimeoutInterval has it.
const DefaultTimeout = 300 * time.Second

// RegistryOptions say whose consumers a Registry is about.
type RegistryOptions struct {
	Stream    string        // as the user named it, for messages; required
	Told      Told          // for the commands that hints tell; without a stream it is Stream
	StreamARN string        // required: FindStream finds it
	Timeout   time.Duration // of Register and Deregister; 0 is DefaultTimeout
	// Say hears what is being waited for, for a person; nil is nobody. It may
	// be called from several goroutines when the Registry is.
	Say func(string)
	// SayAfter is how long a wait may take without a word.
	SayAfter time.Duration
	Log      *slog.Logger // nil discards
	// Attempted hears what came of each attempt of a call that is waited for: its
	// *service.CallError, or nil. Without a func Say hears of calls that keep failing.
	Attempted func(error)
	// Unanswered is called when an attempt of such a call has had no answer for 5 s,
	// while the attempt goes on. It is nil where Attempted is.
	Unanswered func(error)
	// Reading says that a run reads through the consumers: it could read without
	// them, and a *NoConsumersError says so.
	Reading bool
}

// Registry is the consumers of one stream. It may be used from several
// goroutines.
type Registry struct {
	client RegistryClient
	o      RegistryOptions
	dates  *servertime.Check // of its listings
	known  *sync.Map         // calls that the endpoint has answered as Kinesis does
	calls  *sync.Map         // by ID, *registerCall: unsettled ones
	trying *stillTrying      // nil where RegistryOptions.Attempted is given
}

// NewRegistry returns the registry of a stream. The error is a
// *record.OptionError.
func NewRegistry(client RegistryClient, o RegistryOptions) (*Registry, error) {
	switch {
	case o.Stream == "":
		return nil, &record.OptionError{Field: "stream", Want: "the name or ARN of a stream"}
	case record.ParseStream(o.StreamARN).ARN == "":
		return nil, &record.OptionError{Field: "stream ARN", Want: "the ARN of a stream"}
	case o.Timeout < 0:
		return nil, &record.OptionError{Field: "register consumer timeout", Want: "more than 0"}
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Told.Stream == "" {
		o.Told.Stream = o.Stream
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Registry{client: client, o: o, dates: &servertime.Check{Report: o.Say}, known: &sync.Map{}, calls: &sync.Map{}}
	if o.Attempted == nil {
		r.trying = newStillTrying(o.Say)
	}
	return r, nil
}

// StreamARN is the ARN of the stream whose consumers these are.
func (r *Registry) StreamARN() string { return r.o.StreamARN }

// within is the same registry with another timeout.
func (r *Registry) within(timeout time.Duration) *Registry {
	other := *r
	other.o.Timeout = timeout
	return &other
}

// Describe asks for one consumer. Errors are *NotFoundError,
// *record.OptionError for an ID that cannot be one of this stream's,
// *service.GaveUpError after 30 s of retries, and *service.CallError.
func (r *Registry) Describe(ctx context.Context, id ID) (Consumer, error) {
	if err := CheckID(id, r.o.StreamARN); err != nil {
		return Consumer{}, err
	}
	return r.describe(ctx, id, time.Now().Add(service.StartTimeout))
}

func (r *Registry) describe(ctx context.Context, id ID, deadline time.Time) (Consumer, error) {
	in := &kinesis.DescribeStreamConsumerInput{}
	if id.isARN() {
		in.ConsumerARN = aws.String(string(id))
	} else {
		in.StreamARN, in.ConsumerName = aws.String(r.o.StreamARN), aws.String(string(id))
	}
	out, err := patiently(ctx, r.o.Log, deadline, func(ctx context.Context) (*kinesis.DescribeStreamConsumerOutput, error) {
		defer r.awaiting("DescribeStreamConsumer", id)()
		out, err := r.client.DescribeStreamConsumer(ctx, in)
		if err == nil {
			err = checkDescription(id, out.ConsumerDescription)
		}
		if err != nil {
			err = r.failed("DescribeStreamConsumer", id, err)
		}
		r.attempted("DescribeStreamConsumer", id, err)
		return out, err
	})
	switch {
	case err == nil:
		c := fromDescription(out.ConsumerDescription)
		if c.StreamARN == "" {
			c.StreamARN = r.o.StreamARN
		}
		return c, nil
	case classify(err) == gone:
		return Consumer{}, &NotFoundError{r.o.Stream, string(id), r.o.Told}
	}
	return Consumer{}, err
}

// Listing is what ListStreamConsumers said, all pages together.
type Listing struct {
	Consumers []Consumer // sorted by name
	// At is the server's time of the last page, this machine's own if it did
	// not say.
	At time.Time
}

// List asks for all consumers of the stream. Errors are *service.GaveUpError
// after 30 s without a page that brings something new, and *service.CallError: with ResourceNotFoundException there
// is no such stream.
func (r *Registry) List(ctx context.Context) (Listing, error) {
	return r.list(ctx, &listTime{end: time.Now().Add(service.StartTimeout), page: service.StartTimeout})
}

// listTime is the time that a list may take with all its attempts.
type listTime struct {
	end  time.Time
	page time.Duration // moves the end to so long after a page with something new; 0 does not
	most int           // consumers that an attempt has had
}

// advanced notes that an attempt has so many consumers by now.
func (t *listTime) advanced(consumers int) {
	if t.page > 0 && consumers > t.most {
		t.most, t.end = consumers, time.Now().Add(t.page)
	}
}

func (r *Registry) list(ctx context.Context, limit *listTime) (Listing, error) {
	began := time.Now()
	back := service.Backoff{First: firstBackoff, Most: mostBackoff}
	var last error // of the list before
	for {
		l, err := r.pages(ctx, limit)
		left := time.Until(limit.end)
		var gaveUp *service.GaveUpError
		if errors.As(err, &gaveUp) {
			gaveUp.After = time.Since(began) // not of the last page alone
		}
		if r.trying != nil && (err == nil || classify(err) == stale) {
			r.trying.attempted("a list of consumers", err)
		}
		switch {
		case err != nil && last != nil && left <= 0 && errors.Is(err, context.DeadlineExceeded):
			err = last // which says more than that the time of this one was over
		case err == nil || classify(err) != stale:
			return l, err
		}
		if left <= 0 {
			return Listing{}, &service.GaveUpError{After: time.Since(began), Err: err}
		}
		last = err
		wait := min(back.Next(), left)
		r.o.Log.Debug("list again", "attempt", back.Attempts(), "wait", wait, "error", err)
		if err := service.Sleep(ctx, wait); err != nil {
			return Listing{}, err
		}
	}
}

// pages lists once, page after page. A list is not atomic: a name that comes
// twice is one consumer, the later one. An expired token ends it: what was
// listed before may be gone by now. So does a list that would never end.
func (r *Registry) pages(ctx context.Context, limit *listTime) (Listing, error) {
	byName := map[string]Consumer{}
	var token *string
	var guard paging.Guard
	var at time.Time
	for {
		// StreamARN is required with a token too, unlike with ListShards;
		// StreamCreationTimestamp would be refused (API documentation).
		in := &kinesis.ListStreamConsumersInput{StreamARN: aws.String(r.o.StreamARN), NextToken: token}
		out, err := patiently(ctx, r.o.Log, limit.end, func(ctx context.Context) (*kinesis.ListStreamConsumersOutput, error) {
			defer r.awaiting("ListStreamConsumers", "")()
			out, err := r.client.ListStreamConsumers(ctx, in)
			if err == nil {
				at, err = r.checkListing(out)
			}
			if err != nil {
				err = r.failed("ListStreamConsumers", "", err)
			}
			r.attempted("ListStreamConsumers", "", err)
			return out, err
		})
		if err != nil {
			return Listing{}, err
		}
		before := len(byName)
		for _, c := range out.Consumers {
			byName[aws.ToString(c.ConsumerName)] = fromList(c, r.o.StreamARN)
		}
		limit.advanced(len(byName))
		if token = out.NextToken; aws.ToString(token) != "" {
			if err := guard.Next(*token, len(byName)-before); err != nil {
				return Listing{}, r.failed("ListStreamConsumers", "", err)
			}
			continue
		}
		l := Listing{At: at}
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			l.Consumers = append(l.Consumers, byName[name])
		}
		return l, nil
	}
}

// failed puts a call's name on its error. Of an endpoint that does not have the
// call it is a *NoConsumersError. An endpoint that has described a consumer has
// DeregisterStreamConsumer: what else answers that call, passes. The consumer is
// billed, and its removal is not given up for a page of a proxy.
func (r *Registry) failed(call string, id ID, err error) error {
	_, known := r.known.Load(call)
	if isUnknownCall(err) || !known && call != "DeregisterStreamConsumer" && isNoAnswerOfKinesis(err) {
		none := noConsumers(call, err)
		none.Reading = r.o.Reading
		return none
	}
	if hasCode(err) {
		r.known.Store(call, true)
	}
	return &service.CallError{Call: call, Stream: r.o.Stream, Consumer: string(id), Err: err}
}

// attempted reports what came of one attempt. An answer that the caller knows what
// to do with is a success: of the way to the service it is the end of a failure.
func (r *Registry) attempted(call string, id ID, err error) {
	if err == nil {
		r.known.Store(call, true)
	} else {
		switch classify(err) {
		case gone, refused, stale, inUse, fatal:
			err = nil
		case again, limited:
		}
	}
	if r.trying == nil {
		r.o.Attempted(err)
		return
	}
	r.trying.attempted(call+" "+string(id), err)
}

// awaiting reports an attempt that has no answer for service.ReportAfter. The function that it
// returns is to be called when the attempt has ended, before it is reported.
func (r *Registry) awaiting(call string, id ID) (ended func()) {
	reported := make(chan struct{})
	timer := time.AfterFunc(service.ReportAfter, func() {
		defer close(reported)
		err := &service.CallError{Call: call, Stream: r.o.Stream, Consumer: string(id), Err: service.NoAnswer()}
		if r.trying != nil {
			r.trying.unanswered(call+" "+string(id), err)
		} else if r.o.Unanswered != nil {
			r.o.Unanswered(err)
		}
	})
	return func() {
		if !timer.Stop() {
			<-reported
		}
	}
}

func isNotFound(err error) bool {
	var missing *NotFoundError
	return errors.As(err, &missing)
}
