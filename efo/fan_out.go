package efo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// Client has the calls that a run needs in addition to SubscribeToShard.
type Client interface {
	RegistryClient
	StreamClient
}

// Options are the options of the connector for stream consumers. The names in parentheses are the
// connector's.
type Options struct {
	// Streams are the names or ARNs of the streams, as in reader.Options.
	Streams []string
	// NamePrefix followed by Name is the name of the consumer of each stream (consumerNamePrefix,
	// consumerName). If Name is empty and the run has a checkpoint, the query ID of the checkpoint
	// is used. If there is no checkpoint, only this run uses the consumer. The run then generates a
	// name and always removes the consumer at its end.
	Name, NamePrefix string
	// RegisteredIDs are existing consumers, one for each stream in the same order
	// (registeredConsumerId). kin neither registers nor removes them. They are ARNs if
	// RegisteredByARN, otherwise names (registeredConsumerIdType).
	RegisteredIDs   []string
	RegisteredByARN bool
	// RefreshInterval is how often kin describes a consumer. kin registers the consumer again if it
	// no longer exists. The maximum is an hour (consumerRefreshInterval).
	RefreshInterval time.Duration
	// RegisterTimeout is the maximum wait for a consumer to become ACTIVE
	// (registerConsumerTimeoutInterval).
	RegisterTimeout time.Duration
	// RequireDeregistration also removes consumers with a Name at the end of the run
	// (requireConsumerDeregistration).
	RequireDeregistration bool
	// TakeOver subscribes again after another reader has taken over a consumer. Without it the run
	// ends with a *TakenOverError.
	TakeOver bool

	// Flags select the streams. The commands in messages repeat them.
	Flags []string
	// Subscribe makes one SubscribeToShard call.
	Subscribe Subscribe

	// Info, Detail and Log are as in reader.Options. AtEnd gets the last messages of the run, from
	// Close. Warn gets messages about a consumer that may stay registered and billed. nil discards
	// the messages, except that a nil Warn is Info.
	Info, Detail, AtEnd, Warn func(message string)
	Log                       *slog.Logger
}

// DefaultOptions returns the defaults of `kin read`.
func DefaultOptions() Options {
	return Options{
		NamePrefix:      "kin_",
		RefreshInterval: 300 * time.Second,
		RegisterTimeout: DefaultTimeout,
	}
}

const (
	maxRefreshInterval = time.Hour
	// removeTimeout is the maximum time for removing a consumer at the end of a run. It includes
	// the wait for a consumer that is still CREATING.
	removeTimeout = time.Minute
	// quietWait is how long a consumer may be CREATING before kin reports the wait.
	quietWait = 5 * time.Second
)

func (o Options) validate() error {
	if err := o.checkNames(); err != nil {
		return err
	}
	for _, check := range []struct {
		ok          bool
		field, want string
	}{
		{o.Subscribe != nil, "subscribe", "a function"},
		{len(o.RegisteredIDs) == 0 || len(o.RegisteredIDs) == len(o.Streams), "registered consumer id", "one for each stream"},
		{len(o.RegisteredIDs) == 0 || o.Name == "", "consumer name", "no consumer name, because the registered consumer id is a full name"},
		{len(o.RegisteredIDs) == 0 || !o.RequireDeregistration, "require consumer deregistration", "a consumer that this run registers; kin never removes the consumer of a registered consumer id"},
		{o.RefreshInterval > 0 && o.RefreshInterval <= maxRefreshInterval, "consumer refresh interval", "more than 0 and at most 3600s"},
		{o.RegisterTimeout > 0, "register consumer timeout", "more than 0"},
	} {
		if !check.ok {
			return &record.OptionError{Field: check.field, Want: check.want}
		}
	}
	for i, id := range o.RegisteredIDs {
		if ID(id).isARN() != o.RegisteredByARN {
			return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("names, or ARNs with the registered consumer id type arn; got %q", id)}
		}
		if !o.RegisteredByARN {
			if err := CheckName(id); err != nil {
				return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("the name of a consumer, got %q", id)}
			}
			continue
		}
		// The records of another stream's consumer would pass for records of this stream.
		var bad *record.OptionError
		if err := CheckID(ID(id), o.Streams[i]); errors.As(err, &bad) {
			return &record.OptionError{Field: "registered consumer id", Want: bad.Want}
		}
	}
	return nil
}

// checkNames validates the names of the consumers that the run would register.
func (o Options) checkNames() error {
	if len(o.RegisteredIDs) > 0 {
		return nil
	}
	made := EphemeralName("", uuid.UUID{}) // as long as every generated name
	if o.NamePrefix != "" && CheckName(o.NamePrefix) != nil || o.Name == "" && CheckName(o.NamePrefix+made) != nil {
		return &record.OptionError{Field: "consumer name prefix", Want: fmt.Sprintf("up to %d letters, digits and _.-, or nothing", 128-len(made))}
	}
	if o.Name == "" && strings.HasSuffix(o.NamePrefix, ephemeralMark) {
		return &record.OptionError{Field: "consumer name prefix", Want: "a prefix that does not end in tmp_: kin consumers prune removes consumers with such names"}
	}
	if o.Name == "" {
		return nil
	}
	if isEphemeral(o.NamePrefix + o.Name) {
		return &record.OptionError{Field: "consumer name", Want: "a name other than tmp_UUID: kin consumers prune removes consumers with such names"}
	}
	return CheckName(o.NamePrefix + o.Name)
}

// FanOut reads each stream through a stream consumer. It creates the sources of a reader.Reader,
// and removes the consumers that the run owns.
type FanOut struct {
	client Client
	o      Options

	// supported: the endpoint has answered SubscribeToShard like Kinesis. unsupported: the endpoint
	// does not have the call.
	supported, unsupported atomic.Bool

	messages messageQueue // of the consumers

	mu         sync.Mutex        // guards the following
	consumers  []*streamConsumer // one for each stream, in the order of their first shards
	refreshers sync.WaitGroup    // the refreshLoop goroutines
}

// New validates every field of o and makes no call. The error is a *record.OptionError that names
// the field.
func New(client Client, o Options) (*FanOut, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	for _, info := range []*func(string){&o.Info, &o.Detail, &o.AtEnd} {
		if *info == nil {
			*info = func(string) {}
		}
	}
	if o.Warn == nil {
		o.Warn = o.Info
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &FanOut{client: client, o: o}, nil
}

// Source creates the source of one shard. The consumer of its stream is found or registered at the
// first Next of any source of the stream. A run that ends earlier has registered nothing.
func (f *FanOut) Source(a *reader.Assignment) reader.Source {
	return &source{
		cursor: cursor{Assignment: a, at: a.Begin()}, consumer: f.consumerOf(a), subscribe: f.o.Subscribe,
		backoff: service.Backoff{First: 2 * betweenCalls, Most: maxWait}, // jitter may halve it
	}
}

// Silence returns the value for reader.Options.Silence.
func (f *FanOut) Silence() time.Duration { return quietSilence }

// noteAnswer notes the result of a SubscribeToShard call. It returns an error if the endpoint does
// not have the call.
func (f *FanOut) noteAnswer(err error) error {
	switch {
	case err == nil:
		f.supported.Store(true)
	case isUnknownCall(err), !f.supported.Load() && isForeignAnswer(err):
		f.unsupported.Store(true)
		none := noConsumers("SubscribeToShard", err)
		none.Reading = true
		return none
	case hasCode(err):
		f.supported.Store(true)
	}
	return nil
}

// consumerOf returns the consumer of a shard's stream.
func (f *FanOut) consumerOf(a *reader.Assignment) *streamConsumer {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.consumers {
		if h.stream == a.Stream() {
			return h
		}
	}
	h := newStreamConsumer(f, a)
	f.consumers = append(f.consumers, h)
	return h
}

// Close removes the consumers that the run owns, and reports those that stay. The run must have
// ended. A slow receiver of messages does not delay the removal.
//
// The removal has its own time limit, even if ctx has ended. If the cause of ctx has StoppedAt()
// time.Time, it is a signal, and a second signal may soon end the process. A slow removal is
// announced before that.
//
// The error joins a *LeftBehindError for each consumer that may still exist although kin tried to
// remove it.
func (f *FanOut) Close(ctx context.Context) error {
	f.refreshers.Wait()
	run := ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(run), removeTimeout+lastDescribeTimeout) // the registry times out first and reports the reason
	defer cancel()
	errs, stayMessages := make([]error, len(f.consumers)), make([]string, len(f.consumers))
	var group sync.WaitGroup
	for i, h := range f.consumers {
		group.Go(func() { stayMessages[i], errs[i] = h.release(ctx, run) })
	}
	group.Wait()
	f.messages.wait() // the removal is done: now a slow receiver may block
	for _, message := range stayMessages {
		if message != "" {
			f.o.AtEnd(message)
		}
	}
	return errors.Join(errs...)
}
