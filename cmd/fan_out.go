package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/efo"
	"kin/internal/service"
	"kin/reader"
)

// fanOutOptions are the flags of read and tail about stream consumers.
type fanOutOptions struct {
	mode            flags.ConsumerMode
	efo             bool
	name            flags.Text
	prefix          string
	registeredIDs   flags.Texts
	registeredType  flags.ConsumerIDType
	refresh         flags.Duration
	registerTimeout flags.Duration
	deregister      bool
	takeOver        bool
}

func defaultFanOutOptions() fanOutOptions {
	d := efo.DefaultOptions()
	return fanOutOptions{
		name:            flags.Text{Kind: "a name"},
		prefix:          d.NamePrefix,
		registeredIDs:   flags.Texts{Kind: "the name or ARN of a consumer", Commas: true},
		refresh:         flags.Duration(d.RefreshInterval),
		registerTimeout: flags.Duration(d.RegisterTimeout),
	}
}

func (o *fanOutOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.mode, "consumer-mode", "polling, or efo: enhanced fan-out, through a stream consumer with a throughput of its own, which is billed")
	f.BoolVar(&o.efo, "efo", false, "short for --consumer-mode efo")
	f.Var(&o.name, "consumer-name", "`name` of the stream consumer, behind its prefix; without it and without a checkpoint the consumer is for this run alone, and removed at its end (default: the query id)")
	f.StringVar(&o.prefix, "consumer-name-prefix", o.prefix, "`text` in front of the consumer's name")
	f.Var(&o.registeredIDs, "registered-consumer-id", "`consumers` that exist, one for each stream, separated by commas; used as they are, never registered or removed")
	f.Var(&o.registeredType, "registered-consumer-id-type", "what --registered-consumer-id gives: name or arn")
	f.Var(&o.refresh, "consumer-refresh-interval", "how often to look after the consumer, which is registered again if it is gone; at most 3600s")
	f.Var(&o.registerTimeout, "register-consumer-timeout", "how long to wait for a consumer to become ACTIVE")
	f.BoolVar(&o.deregister, "require-consumer-deregistration", false, "remove the consumer at the end also when it has a name or a checkpoint; never a --registered-consumer-id")
	f.BoolVar(&o.takeOver, "take-over", false, "subscribe again when another reader takes the consumer over, in place of exit 8")
}

// Flags that mean something in one of the consumer modes alone.
var (
	pollingFlags = []string{"max-records-per-fetch", "max-fetch-rate", "min-fetch-period", "shards-per-task", "tasks", "low-latency"}
	fanOutFlags  = []string{"consumer-name", "consumer-name-prefix", "registered-consumer-id", "registered-consumer-id-type",
		"consumer-refresh-interval", "register-consumer-timeout", "require-consumer-deregistration", "take-over"}
)

// parsed refuses flags of the other consumer mode. A setting is for where its
// mode is used, and not refused.
func (o *fanOutOptions) parsed(e *env, f *pflag.FlagSet) error {
	given := func(name string) bool { return f.Changed(name) && !e.origins.IsSetting(name) }
	// Of two sources the higher one has hidden what the lower says: both come from
	// one here.
	if f.Changed("efo") && f.Changed("consumer-mode") && o.efo != (o.mode == flags.EFO) {
		name := "--efo"
		if !o.efo {
			name = "--efo=false"
		}
		return console.Usage("%s and --consumer-mode %s contradict each other", name, &o.mode)
	}
	if o.efo {
		o.mode = flags.EFO
	}
	unused, hint := fanOutFlags, "add --efo, or remove the flag"
	if o.mode == flags.EFO {
		unused, hint = pollingFlags, "remove the flag: the service pushes to a consumer as fast as records arrive, up to 2 MB/s a shard"
	}
	for _, name := range unused {
		if given(name) {
			return console.UsageHint(hint, "--%s cannot be used with --consumer-mode %s", name, &o.mode)
		}
	}
	if o.mode == flags.EFO && given("registered-consumer-id-type") && len(o.registeredIDs.List) == 0 {
		return console.Usage("--registered-consumer-id-type needs --registered-consumer-id")
	}
	if o.mode == flags.EFO && given("consumer-name-prefix") && len(o.registeredIDs.List) > 0 {
		return console.UsageHint("remove one of the two", "--consumer-name-prefix cannot be used with --registered-consumer-id, which is a full name")
	}
	return nil
}

// fanOut makes what reads through stream consumers, and sets it in ro.
func (o *fanOutOptions) fanOut(e *env, client service.Client, ro *reader.Options) (*efo.FanOut, error) {
	fo := efo.DefaultOptions()
	fo.Streams = ro.Streams
	fo.Name, fo.NamePrefix = o.name.Text, o.prefix
	fo.RegisteredIDs, fo.RegisteredByARN = o.registeredIDs.List, o.registeredType == flags.ByARN
	fo.RefreshInterval = time.Duration(o.refresh)
	fo.RegisterTimeout = time.Duration(o.registerTimeout)
	fo.RequireDeregistration = o.deregister
	fo.TakeOver = o.takeOver
	fo.Flags = e.connection.CommandFlags(e.origins)
	for _, id := range fo.RegisteredIDs {
		if region := efo.ID(id).Region(); region != "" && e.client.Region != "" && region != e.client.Region {
			return nil, console.Usage("--registered-consumer-id %s: want a consumer in %s, where the stream is", id, e.client.Region)
		}
	}
	fo.Info, fo.Detail, fo.AtEnd, fo.Warn, fo.Log = e.Info, e.Detail, e.AtEnd, e.Print, e.Log
	fo.Subscribe = client.SubscribeToShard
	f, err := efo.New(client, fo)
	if err != nil {
		return nil, err
	}
	ro.Source, ro.Silence = f.Source, f.Silence()
	return f, nil
}

// closeFanOut removes the consumers that are to go, whatever the run came to. A
// failure is printed at once: the end of the run may print nothing else.
func closeFanOut(ctx context.Context, e *env, f *efo.FanOut, result error) error {
	err := f.Close(ctx)
	if err == nil {
		return result
	}
	code := console.ExitFailed
	for _, err := range unjoined(err) {
		e.Print(err.Error())
		var knowing console.Advised
		if errors.As(err, &knowing) {
			e.Print("hint: " + knowing.Hint())
		}
		if x := e.explain(ctx, err); x.Code == console.ExitDenied {
			code = x.Code
			e.Print("hint: " + x.Hint)
		}
	}
	if result == nil || errors.Is(result, console.ErrStdoutClosed) {
		return console.SilentError{Code: code}
	}
	return result
}

// unjoined are the errors that errors.Join put together.
func unjoined(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}
