// Package consumers is what the commands about stream consumers share: finding and
// removing them, and the messages and the question about that.
package consumers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/smithy-go"

	"kin/cmd/internal/console"
	"kin/efo"
	"kin/internal/record"
	"kin/internal/words"
)

// Billed is what a command says once where it registers a consumer or finds some.
const Billed = "AWS bills a registered consumer until it is deregistered"

// BilledIfAny is billed on a line of its own, empty without consumers.
func BilledIfAny(found []efo.Consumer) string {
	if len(found) == 0 {
		return ""
	}
	return "\n" + Billed
}

// Stream are the consumers of one stream, as the commands use them.
type Stream struct {
	*efo.Registry
	e        *console.Console
	explain  func(context.Context, error) console.Explanation
	Commands efo.Commands // for the commands that messages name
	Name     string       // the stream's name

	mu sync.Mutex // guards the order of messages: several consumers are removed at once
}

func (c *Stream) info(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.e.Info(message)
}

// Options say whose consumers they are.
type Options struct {
	Stream  string   // name or ARN
	IDs     []string // of consumers, as they were typed
	Connect func(context.Context, ...string) (efo.Client, error)
	Timeout time.Duration // 0 is the default
	Flags   []string      // the flags of this command that say where the service is
	Explain func(context.Context, error) console.Explanation
}

// Open checks what was typed, makes a client and finds the stream.
func Open(ctx context.Context, e *console.Console, o Options) (*Stream, error) {
	name := record.ParseStream(o.Stream).Name
	if name == "" {
		return nil, console.Usage("%q: want the name or ARN of one stream", o.Stream)
	}
	if err := checkConsumers(o.IDs, o.Stream); err != nil {
		return nil, err
	}
	client, err := o.Connect(ctx, append([]string{o.Stream}, o.IDs...)...)
	if err != nil {
		return nil, err
	}
	within := o.Timeout
	if within == 0 {
		within = efo.DefaultTimeout
	}
	arn, err := efo.FindStreamWithin(ctx, client, o.Stream, within, e.Info, e.Log)
	if err != nil {
		return nil, err
	}
	if err := checkConsumers(o.IDs, arn); err != nil {
		return nil, err
	}
	c := &Stream{e: e, explain: o.Explain, Commands: efo.Commands{Stream: o.Stream, Flags: o.Flags}, Name: name}
	c.Registry, err = efo.NewRegistry(client, efo.RegistryOptions{Stream: o.Stream, Commands: c.Commands, StreamARN: arn, Timeout: o.Timeout, Info: c.info, Log: e.Log})
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

// Missing looks at the stream when the service says that a consumer is not
// there. There may be no such stream, which is the error returned; if there
// is, hint names the consumer that may have been meant.
func (c *Stream) Missing(ctx context.Context, id string) (hint string, err error) {
	ctx, cancel := context.WithTimeout(ctx, console.SearchTime)
	defer cancel()
	l, err := c.List(ctx)
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode() == "ResourceNotFoundException":
		return "", err
	case err != nil: // a courtesy that cannot be had
		return c.Commands.Command("list", "") + " lists the consumers", nil
	case len(l.Consumers) == 0:
		return c.Name + " has no consumers", nil
	}
	all := make([]string, len(l.Consumers))
	for i, one := range l.Consumers {
		all[i] = one.Name
	}
	name := efo.ID(id).Name()
	if slices.Contains(all, name) {
		return fmt.Sprintf("%q is registered with another ARN: it was deregistered and registered again", name), nil
	}
	if near := console.Nearest(name, all); near != "" {
		return fmt.Sprintf("did you mean %q?", near), nil
	}
	return fmt.Sprintf("%s has %s; %s lists them", c.Name, words.Count(int64(len(all)), "consumer"), c.Commands.Command("list", "")), nil
}

// MissingError is a consumer that is not there, with what may have been
// meant.
type MissingError struct {
	Err    *efo.NotFoundError
	Advice string
}

func (e *MissingError) Error() string { return e.Err.Error() }

func (e *MissingError) Unwrap() error { return e.Err }

// NotFound is true; it marks the error for those who do not import the type.
func (e *MissingError) NotFound() bool { return true }

// Hint names the consumer that may have been meant.
func (e *MissingError) Hint() string { return e.Advice }

// Registered are those of the consumers that are registered; the others are said.
func (c *Stream) Registered(ctx context.Context, ids []string) ([]efo.Consumer, error) {
	var found []efo.Consumer
	for _, id := range ids {
		one, err := c.Describe(ctx, efo.ID(id))
		var notFound *efo.NotFoundError
		switch {
		case errors.As(err, &notFound):
			if err := c.reportNotFound(ctx, id); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case !slices.Contains(found, one): // by name and by ARN
			found = append(found, one)
		}
	}
	return found, nil
}

// reportNotFound reports a consumer that is not there. The error is that of a stream
// that is not there either.
func (c *Stream) reportNotFound(ctx context.Context, id string) error {
	hint, err := c.Missing(ctx, id)
	if err == nil {
		c.info(fmt.Sprintf("consumer %s of %s is not registered: nothing to remove\nhint: %s", id, c.Name, hint))
	}
	return err
}

// ARNs name consumers so that nobody else's take their place.
func ARNs(consumers []efo.Consumer) []string {
	list := make([]string, len(consumers))
	for i, c := range consumers {
		list[i] = c.ARN
	}
	return list
}
