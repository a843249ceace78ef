package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/efo"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/words"
)

func newConsumers(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "consumers",
		Short: "List, register and remove enhanced fan-out consumers",
		Long: `Manage the stream consumers of enhanced fan-out: those that are registered with
a stream and have 2 MB a second of each shard to themselves.

AWS bills a consumer from its registration until it is deregistered, whether
anything reads with it or not. A stream has room for 20, or 50 in the On-demand
Advantage mode.

STREAM is a name or an ARN. NAME is a consumer's full name, with its prefix.`,
		Example: `  kin consumers list orders
  kin consumers register orders kin_billing
  kin consumers deregister orders kin_billing --yes`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				return console.UsageHint("did you mean \""+c.CommandPath()+" "+near[0]+"\"?", "unknown command %q of %s", args[0], c.CommandPath())
			}
			return console.UsageHint("kin help consumers lists them", "unknown command %q of %s", args[0], c.CommandPath())
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(
		newConsumersList(e),
		newConsumersDescribe(e),
		newConsumersRegister(e),
		newConsumersDeregister(e),
		newConsumersPrune(e),
	)
	return c
}

// billed is what a command says once where it registers a consumer or finds some.
const billed = "AWS bills a registered consumer until it is deregistered"

// billedIfAny is billed on a line of its own, empty without consumers.
func billedIfAny(found []efo.Consumer) string {
	if len(found) == 0 {
		return ""
	}
	return "\n" + billed
}

// anyNumber of consumers.
const anyNumber = -1

// consumerArguments wants a stream, and behind it from least to most
// consumers.
func consumerArguments(least, most int, example string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		path := c.CommandPath()
		hint := "for example: " + strings.TrimSpace(path+" orders "+example)
		switch n := len(args) - 1; {
		case n < 0:
			return console.UsageHint(hint, "%s needs the name or ARN of a stream", path)
		case n < least:
			return console.UsageHint(hint, "%s needs the name of a consumer behind the stream's", path)
		case most == 0 && n > most:
			return console.UsageHint(hint, "%s takes one stream and nothing else, got %q", path, args[1])
		case most > 0 && n > most:
			return console.UsageHint(hint, "%s takes one consumer, got %q too", path, args[most+1])
		}
		return nil
	}
}

// consumersOf are the consumers of one stream, as the commands use them.
type consumersOf struct {
	*efo.Registry
	e    *env
	told efo.Told // for the commands that messages tell
	name string   // the stream's name

	speech sync.Mutex // several are removed at once
}

func (c *consumersOf) say(message string) {
	c.speech.Lock()
	defer c.speech.Unlock()
	c.e.Info(message)
}

// consumers checks what was typed, makes a client and finds the stream. A
// timeout of 0 is the default.
func (e *env) consumers(ctx context.Context, stream string, timeout time.Duration, ids ...string) (*consumersOf, error) {
	name := record.ParseStream(stream).Name
	if name == "" {
		return nil, console.Usage("%q: want the name or ARN of one stream", stream)
	}
	if err := checkConsumers(ids, stream); err != nil {
		return nil, err
	}
	client, err := e.kinesis(ctx, append([]string{stream}, ids...)...)
	if err != nil {
		return nil, err
	}
	within := timeout
	if within == 0 {
		within = efo.DefaultTimeout
	}
	arn, err := efo.FindStreamWithin(ctx, client, stream, within, e.Info, e.Log)
	if err != nil {
		return nil, err
	}
	if err := checkConsumers(ids, arn); err != nil {
		return nil, err
	}
	c := &consumersOf{e: e, told: efo.Told{Stream: stream, Flags: e.connection.Words(e.origins)}, name: name}
	c.Registry, err = efo.NewRegistry(client, efo.RegistryOptions{Stream: stream, Told: c.told, StreamARN: arn, Timeout: timeout, Say: c.say, Log: e.Log})
	return c, err
}

// checkConsumers refuses what cannot be a consumer of the stream: names that
// are none, and the ARNs of another stream's.
func checkConsumers(ids []string, stream string) error {
	for _, id := range ids {
		var bad *record.OptionError
		if err := efo.CheckID(efo.ID(id), stream); errors.As(err, &bad) {
			return console.Usage("%s", bad)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// missing looks at the stream when the service says that a consumer is not
// there. There may be no such stream, which is the error returned; if there
// is, hint names the consumer that may have been meant.
func (c *consumersOf) missing(ctx context.Context, id string) (hint string, err error) {
	ctx, cancel := context.WithTimeout(ctx, console.SearchTime)
	defer cancel()
	l, err := c.List(ctx)
	switch {
	case service.ClassOf(err) == service.Missing:
		return "", err
	case err != nil: // a courtesy that cannot be had
		return c.told.Command("list", "") + " lists those there are", nil
	case len(l.Consumers) == 0:
		return c.name + " has no consumers", nil
	}
	all := make([]string, len(l.Consumers))
	for i, one := range l.Consumers {
		all[i] = one.Name
	}
	name := efo.ID(id).Name()
	if slices.Contains(all, name) {
		return fmt.Sprintf("%q is registered, with another ARN: it was registered again", name), nil
	}
	if near := console.Nearest(name, all); near != "" {
		return fmt.Sprintf("did you mean %q?", near), nil
	}
	return fmt.Sprintf("%s has %s; %s lists them", c.name, words.Count(int64(len(all)), "consumer"), c.told.Command("list", "")), nil
}

// missingConsumerError is a consumer that is not there, with what may have been
// meant.
type missingConsumerError struct {
	err  *efo.NotFoundError
	hint string
}

func (e *missingConsumerError) Error() string  { return e.err.Error() }
func (e *missingConsumerError) Unwrap() error  { return e.err }
func (e *missingConsumerError) NotFound() bool { return true }
func (e *missingConsumerError) Hint() string   { return e.hint }
