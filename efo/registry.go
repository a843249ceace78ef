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

// RegistryClient has the calls of a Registry; service.Client implements it. Each call must be a
// single attempt, because the registry retries.
type RegistryClient interface{ service.ConsumerAPI }

// DefaultTimeout is the default timeout of Register and Deregister. It is the default of the
// connector's registerConsumerTimeoutInterval.
const DefaultTimeout = 300 * time.Second

// RegistryOptions configure a Registry.
type RegistryOptions struct {
	Stream    string        // as the user named it, for messages; required
	Commands  Commands      // for hints; an empty Commands.Stream becomes Stream
	StreamARN string        // required; FindStream returns it
	Timeout   time.Duration // of Register and Deregister; 0 is DefaultTimeout
	// Info is called with messages about waits; nil discards them. It may be called concurrently if
	// the Registry is used concurrently.
	Info func(string)
	// InfoAfter is how long a wait may last before Info is called.
	InfoAfter time.Duration
	Log       *slog.Logger // nil discards
	// Attempted is called after each attempt of a call. Its argument is a *service.CallError, or
	// nil for a success. If Attempted is nil, Info gets messages about calls that keep failing.
	Attempted func(error)
	// Unanswered is called if an attempt has had no answer for 5 s. The attempt goes on. Unanswered
	// is used only with Attempted; nil ignores such attempts.
	Unanswered func(error)
	// Reading: a run reads through the consumers, but could read without them. A *NoConsumersError
	// then suggests that.
	Reading bool
}

// Registry manages the consumers of one stream. It is safe for concurrent use.
type Registry struct {
	client   RegistryClient
	o        RegistryOptions
	dates    *servertime.Check // the Dates of its lists
	answered *sync.Map         // calls that the endpoint has answered like Kinesis
	calls    *registerCalls
	reporter *callReporter // nil if RegistryOptions.Attempted is set
}

// NewRegistry returns the registry of a stream. It makes no call. The error is a
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
	r := &Registry{client: client, o: o, dates: &servertime.Check{Report: o.Info}, answered: &sync.Map{}, calls: &registerCalls{}}
	if o.Attempted == nil {
		r.reporter = newCallReporter(o.Info)
	}
	return r, nil
}

// StreamARN returns the ARN of the stream.
func (r *Registry) StreamARN() string { return r.o.StreamARN }

// withTimeout returns the same registry with another timeout.
func (r *Registry) withTimeout(timeout time.Duration) *Registry {
	other := *r
	other.o.Timeout = timeout
	return &other
}

// Describe returns one consumer. Errors are *NotFoundError, *service.GaveUpError after 30 s of
// retries, and *service.CallError. *record.OptionError means that the ID cannot belong to this
// stream.
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
	out, err := retryUntil(ctx, r.o.Log, deadline, func(ctx context.Context) (*service.DescribeStreamConsumerOutput, error) {
		defer r.watchForAnswer("DescribeStreamConsumer", id)()
		out, err := r.client.DescribeStreamConsumer(ctx, in)
		if err == nil {
			err = checkDescription(id, out.ConsumerDescription)
		}
		if err != nil {
			err = r.callError("DescribeStreamConsumer", id, err)
		}
		r.noteAttempt("DescribeStreamConsumer", id, err)
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

// Listing is a complete answer of ListStreamConsumers.
type Listing struct {
	Consumers []Consumer // sorted by name
	// At is the time of the service when it sent the last page. Without a usable Date in that page
	// it comes from an earlier page, or from this machine.
	At time.Time
}

// callError wraps the error of a call. If the endpoint does not have the call, the result is a
// *NoConsumersError.
//
// DeregisterStreamConsumer is an exception: an endpoint that has described a consumer has this
// call, and any foreign answer is temporary. The consumer is billed, so its removal must not fail
// because of a proxy's page.
func (r *Registry) callError(call string, id ID, err error) error {
	_, known := r.answered.Load(call)
	if isUnknownCall(err) || !known && call != "DeregisterStreamConsumer" && isForeignAnswer(err) {
		none := noConsumers(call, err)
		none.Reading = r.o.Reading
		return none
	}
	if hasCode(err) {
		r.answered.Store(call, true)
	}
	return &service.CallError{Call: call, Stream: r.o.Stream, Consumer: string(id), Err: err}
}

// noteAttempt reports the result of one attempt. An error that the caller handles counts as a
// success here: it shows that the service can be reached.
func (r *Registry) noteAttempt(call string, id ID, err error) {
	if err == nil {
		r.answered.Store(call, true)
	} else {
		switch classify(err) {
		case notFound, badPosition, relist, inUse, fatal:
			err = nil
		case retry, limited:
		}
	}
	if r.reporter == nil {
		r.o.Attempted(err)
		return
	}
	r.reporter.noteAttempt(call+" "+string(id), err)
}

// watchForAnswer reports an attempt that has no answer for service.ReportAfter. The caller calls
// ended when the attempt has ended, before it reports the result.
func (r *Registry) watchForAnswer(call string, id ID) (ended func()) {
	reported := make(chan struct{})
	timer := time.AfterFunc(service.ReportAfter, func() {
		defer close(reported)
		err := &service.CallError{Call: call, Stream: r.o.Stream, Consumer: string(id), Err: service.NoAnswer()}
		if r.reporter != nil {
			r.reporter.noteUnanswered(call+" "+string(id), err)
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
