package efo

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

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
	Commands  Commands      // for the commands that hints tell; without a stream it is Stream
	StreamARN string        // required: FindStream finds it
	Timeout   time.Duration // of Register and Deregister; 0 is DefaultTimeout
	// Info is called with messages about what is being waited for; nil for none. It may
	// be called from several goroutines when the Registry is.
	Info func(string)
	// InfoAfter is how long a wait takes before Info is called about it.
	InfoAfter time.Duration
	Log       *slog.Logger // nil discards
	// Attempted is called with the result of each attempt of a call that is waited for: its
	// *service.CallError, or nil. Without a func, Info is called about calls that keep failing.
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
	calls  *registerCalls
	trying *stillTrying // nil where RegistryOptions.Attempted is given
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
	if o.Commands.Stream == "" {
		o.Commands.Stream = o.Stream
	}
	if o.Info == nil {
		o.Info = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Registry{client: client, o: o, dates: &servertime.Check{Report: o.Info}, known: &sync.Map{}, calls: &registerCalls{}}
	if o.Attempted == nil {
		r.trying = newStillTrying(o.Info)
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
	in := &service.DescribeStreamConsumerInput{}
	if id.isARN() {
		in.ConsumerARN = string(id)
	} else {
		in.StreamARN, in.ConsumerName = r.o.StreamARN, string(id)
	}
	out, err := patiently(ctx, r.o.Log, deadline, func(ctx context.Context) (*service.DescribeStreamConsumerOutput, error) {
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
	case classify(err) == notFound:
		return Consumer{}, &NotFoundError{r.o.Stream, string(id), r.o.Commands}
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
		case notFound, refused, stale, inUse, fatal:
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
