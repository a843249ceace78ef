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

// fanOutOptions are the flags about stream consumers.
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
	g := flags.GroupFanOut.In(f)
	g.Var(&o.mode, "consumer-mode", flags.Help{
		Short: "read by polling or efo",
		Full: "How to read: polling, or efo for enhanced fan-out. Enhanced fan-out reads through a stream consumer, " +
			"which has 2 MB/s of each shard for itself. AWS bills the consumer.",
	})
	g.Bool(&o.efo, "efo", flags.Help{
		Short: "read through a consumer, which AWS bills",
		Full:  "Read through a stream consumer. It is short for --consumer-mode efo.",
	})
	g.Var(&o.name, "consumer-name", flags.Help{
		Short: "consumer name", Value: "name", Default: "checkpoint's ID",
		Full: "The name of the stream consumer, without its prefix. Without a name and without a checkpoint the consumer is for this run alone: kin removes it at the end.",
	})
	g.String(&o.prefix, "consumer-name-prefix", flags.Help{
		Short: "prefix of consumer name", Value: "text",
		Full: "The text before the consumer's name.",
	})
	g.Var(&o.registeredIDs, "registered-consumer-id", flags.Help{
		Short: "use these existing consumers", Value: "consumers",
		Full: "Use these consumers, one for each stream, separated by commas. They must exist. kin never registers or removes them.",
	})
	g.Var(&o.registeredType, "registered-consumer-id-type", flags.Help{
		Short: "give IDs as name or arn",
		Full:  "The form of --registered-consumer-id: name or arn.",
	})
	g.Var(&o.refresh, "consumer-refresh-interval", flags.Help{
		Short: "check consumer this often",
		Full:  "Check at this interval, 3600s at most, that the consumer exists. kin registers it again if it is gone.",
	})
	g.Var(&o.registerTimeout, "register-consumer-timeout", flags.Help{
		Short: "wait for an ACTIVE consumer",
		Full:  "Wait at most this long for a consumer to become ACTIVE.",
	})
	g.Bool(&o.deregister, "require-consumer-deregistration", flags.Help{
		Short: "remove the consumer at the end",
		Full:  "Remove the consumer at the end even if it has a name or a checkpoint. A --registered-consumer-id is never removed.",
	})
	g.Bool(&o.takeOver, "take-over", flags.Help{
		Short: "subscribe again after a takeover",
		Full:  "Subscribe again when another reader takes the consumer over. Without it the run ends with exit code 8.",
	})
}

// The flags that apply to one consumer mode only.
var (
	pollingFlags = []string{"max-records-per-fetch", "max-fetch-rate", "min-fetch-period", "shards-per-task", "tasks", "low-latency"}
	fanOutFlags  = []string{"consumer-name", "consumer-name-prefix", "registered-consumer-id", "registered-consumer-id-type",
		"consumer-refresh-interval", "register-consumer-timeout", "require-consumer-deregistration", "take-over"}
)

// complete sets the consumer mode and refuses flags of the other mode. It does not refuse
// settings: they apply only when their mode is used.
func (o *fanOutOptions) complete(e *env, f *pflag.FlagSet) error {
	given := func(name string) bool { return f.Changed(name) && !e.origins.IsSetting(name) }
	// If the two came from different sources, the lower one would have been ignored. So
	// both come from the same source.
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

// fanOut creates the source that reads through stream consumers, and sets it in ro. The
// caller closes it with closeFanOut.
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

// closeFanOut removes the consumers that the run does not keep, and returns the error of
// the run. It prints a failure at once, because a run that a signal stopped prints no
// error. If the run itself did not fail, the error has the exit code of the failure.
func closeFanOut(ctx context.Context, e *env, f *efo.FanOut, result error) error {
	err := f.Close(ctx)
	if err == nil {
		return result
	}
	code := console.ExitFailed
	for _, err := range joinedErrors(err) {
		e.Print(err.Error())
		var advised console.Advised
		if errors.As(err, &advised) {
			e.Print("hint: " + advised.Hint())
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

// joinedErrors returns the errors that errors.Join combined, or err alone.
func joinedErrors(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}
