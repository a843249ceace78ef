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

// Client is what a run needs of the service beside SubscribeToShard.
type Client interface {
	RegistryClient
	StreamClient
}

// Options are the connector's options about stream consumers.
type Options struct {
	// Streams are names or ARNs, as reader.Options has them.
	Streams []string
	// Name, behind NamePrefix, is what the consumer of each stream is called
	// (consumerName, consumerNamePrefix). Empty is the query id where the
	// positions are kept, and a name for this run alone where they are not: such
	// a consumer is removed at the end, come what may.
	Name, NamePrefix string
	// RegisteredIDs are consumers that exist, one for each stream in their
	// order, used as they are: never registered and never removed
	// (registeredConsumerId). They are ARNs if RegisteredByARN, else names
	// (registeredConsumerIdType).
	RegisteredIDs   []string
	RegisteredByARN bool
	// RefreshInterval is how often a consumer is described, and registered
	// again if it is gone; at most an hour (consumerRefreshInterval).
	RefreshInterval time.Duration
	// RegisterTimeout bounds the wait for a consumer to become ACTIVE
	// (registerConsumerTimeoutInterval).
	RegisterTimeout time.Duration
	// RequireDeregistration removes a consumer that has a name at the end, too
	// (requireConsumerDeregistration).
	RequireDeregistration bool
	// TakeOver subscribes again when another reader has taken a consumer over,
	// in place of a *TakenOverError.
	TakeOver bool

	// Flags are those that lead to the streams, for the commands that messages
	// tell.
	Flags []string
	// Subscribe makes one SubscribeToShard call.
	Subscribe Subscribe

	// Info, Detail and Log are as in reader.Options. AtEnd takes what is to be
	// the last message of the run; Close calls it. Warn takes what nobody
	// may miss: a consumer that may stay behind, and is billed. nil is Info.
	Info, Detail, AtEnd, Warn func(message string)
	Log                       *slog.Logger
}

// DefaultOptions are the defaults of `kin read`.
func DefaultOptions() Options {
	return Options{
		NamePrefix:      "kin_",
		RefreshInterval: 300 * time.Second,
		RegisterTimeout: DefaultTimeout,
	}
}

const (
	mostRefreshInterval = time.Hour
	// removeTimeout bounds what a run does at its end to remove a consumer,
	// also one that is still CREATING.
	removeTimeout = time.Minute
	// usualWait is how long a consumer may be CREATING without a word about it.
	usualWait = 5 * time.Second
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
		{len(o.RegisteredIDs) == 0 || !o.RequireDeregistration, "require consumer deregistration", "a consumer of this run's own; a registered consumer id is never removed"},
		{o.RefreshInterval > 0 && o.RefreshInterval <= mostRefreshInterval, "consumer refresh interval", "more than 0 and at most 3600s"},
		{o.RegisterTimeout > 0, "register consumer timeout", "more than 0"},
	} {
		if !check.ok {
			return &record.OptionError{Field: check.field, Want: check.want}
		}
	}
	for i, id := range o.RegisteredIDs {
		if ID(id).isARN() != o.RegisteredByARN {
			return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("names, or ARNs with the type arn; got %q", id)}
		}
		if !o.RegisteredByARN {
			if err := CheckName(id); err != nil {
				return &record.OptionError{Field: "registered consumer id", Want: fmt.Sprintf("the name of a consumer, got %q", id)}
			}
			continue
		}
		// What a consumer of another stream gets would pass for this one's records.
		var bad *record.OptionError
		if err := CheckID(ID(id), o.Streams[i]); errors.As(err, &bad) {
			return &record.OptionError{Field: "registered consumer id", Want: bad.Want}
		}
	}
	return nil
}

// checkNames checks what a consumer of the run's own would be called.
func (o Options) checkNames() error {
	if len(o.RegisteredIDs) > 0 {
		return nil
	}
	made := EphemeralName("", uuid.UUID{}) // as long as any that is made up
	if o.NamePrefix != "" && CheckName(o.NamePrefix) != nil || o.Name == "" && CheckName(o.NamePrefix+made) != nil {
		return &record.OptionError{Field: "consumer name prefix", Want: fmt.Sprintf("up to %d letters, digits and _.-, or nothing", 128-len(made))}
	}
	if o.Name == "" && strings.HasSuffix(o.NamePrefix, ephemeral) {
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

// FanOut reads streams through a stream consumer of each: it makes the sources
// of a reader.Reader, and removes the consumers that are its own to remove.
type FanOut struct {
	client Client
	o      Options

	// knows is set when the endpoint has answered SubscribeToShard as Kinesis does,
	// lacks when it does not have the call.
	knows, lacks atomic.Bool

	messages messages // of the holdings

	mu       sync.Mutex
	holdings []*holding     // one a stream, in the order of their first shards
	refresh  sync.WaitGroup // goroutines that look after them
}

// New checks every field of o and returns a FanOut, or a *record.OptionError
// that names the field in words. It makes no call.
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

// Source makes the source of one shard. Its stream's consumer is looked for, or
// registered, when the first of the stream's sources is asked for a response,
// and not before: a run that ends before that has registered nothing.
func (f *FanOut) Source(a *reader.Assignment) reader.Source {
	return &source{
		cursor: cursor{Assignment: a, at: a.Begin()}, holding: f.holding(a), subscribe: f.o.Subscribe,
		back: service.Backoff{First: 2 * betweenCalls, Most: mostWait}, // jittered down to a half
	}
}

// Silence is for reader.Options.
func (f *FanOut) Silence() time.Duration { return usualSilence }

// answered takes in what a SubscribeToShard came to. It returns an error when the
// endpoint does not have the call.
func (f *FanOut) answered(err error) error {
	switch {
	case err == nil:
		f.knows.Store(true)
	case isUnknownCall(err), !f.knows.Load() && isNoAnswerOfKinesis(err):
		f.lacks.Store(true)
		none := noConsumers("SubscribeToShard", err)
		none.Reading = true
		return none
	case hasCode(err):
		f.knows.Store(true)
	}
	return nil
}

// holding returns the holding of a shard's stream.
func (f *FanOut) holding(a *reader.Assignment) *holding {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.holdings {
		if h.stream == a.Stream() {
			return h
		}
	}
	h := newHolding(f, a)
	f.holdings = append(f.holdings, h)
	return h
}

// Close removes the consumers that are to go and says which stay. The run must
// have ended. A reader of the messages that is slow does not hold up the removal.
// The removal has its own time: that ctx has ended does not matter. A
// cause of ctx that has StoppedAt() time.Time is a signal, behind which a second one
// may soon end the process: a removal that lasts is announced before that.
func (f *FanOut) Close(ctx context.Context) error {
	f.refresh.Wait()
	run := ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(run), removeTimeout+lastLook) // the registry's time is over first, and it says why
	defer cancel()
	errs, words := make([]error, len(f.holdings)), make([]string, len(f.holdings))
	var group sync.WaitGroup
	for i, h := range f.holdings {
		group.Go(func() { words[i], errs[i] = h.release(ctx, run) })
	}
	group.Wait()
	f.messages.wait() // and only now for who reads them
	for _, word := range words {
		if word != "" {
			f.o.AtEnd(word)
		}
	}
	return errors.Join(errs...)
}
