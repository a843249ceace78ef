// Package consumers has what the commands about stream consumers share: finding and
// removing consumers, and the messages and the question for that.
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

// Billed is the message of commands that register or find consumers.
const Billed = "AWS bills a registered consumer until it is deregistered"

// BilledIfAny returns Billed on a line of its own, or "" if no consumer was found.
func BilledIfAny(found []efo.Consumer) string {
	if len(found) == 0 {
		return ""
	}
	return "\n" + Billed
}

// Stream has the consumers of one stream. Its methods print messages on the console.
type Stream struct {
	*efo.Registry
	e        *console.Console
	explain  func(context.Context, error) console.Explanation
	Commands efo.Commands // builds command lines for messages
	Name     string       // the stream's name

	mu sync.Mutex // held while a message is printed: consumers are removed in parallel
}

func (c *Stream) info(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.e.Info(message)
}

// Options are the options of Open.
type Options struct {
	Stream  string   // name or ARN
	IDs     []string // names or ARNs of consumers that the caller will use; may be empty
	Connect func(context.Context, ...string) (efo.Client, error)
	Timeout time.Duration // of registering and removing; 0 means efo.DefaultTimeout
	Flags   []string      // for command lines in messages: flags about service and credentials
	Explain func(context.Context, error) console.Explanation
}

// Open checks the names and ARNs, creates a client and finds the stream.
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

// checkConsumers returns a *console.UsageError for an ID that is neither a name nor the ARN
// of a consumer of this stream.
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

// Missing lists the stream's consumers after the service did not find one. If the stream
// does not exist either, Missing returns that error. Otherwise the hint has the most
// similar name, the command that lists the consumers, or the reason why the consumer was
// not found.
func (c *Stream) Missing(ctx context.Context, id string) (hint string, err error) {
	ctx, cancel := context.WithTimeout(ctx, console.SearchTime)
	defer cancel()
	l, err := c.List(ctx)
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode() == "ResourceNotFoundException":
		return "", err
	case err != nil: // the hint does without the list
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

// MissingError is a consumer that does not exist, with a hint.
type MissingError struct {
	Err    *efo.NotFoundError
	Advice string
}

func (e *MissingError) Error() string { return e.Err.Error() }

func (e *MissingError) Unwrap() error { return e.Err }

// NotFound marks the error for package console.
func (e *MissingError) NotFound() bool { return true }

// Hint returns the hint of Missing.
func (e *MissingError) Hint() string { return e.Advice }

// Registered returns the given consumers that are registered, each once, and reports the
// others.
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
		case !slices.Contains(found, one): // ids may have both its name and its ARN
			found = append(found, one)
		}
	}
	return found, nil
}

// reportNotFound reports a consumer that does not exist. It returns an error if the stream
// does not exist either.
func (c *Stream) reportNotFound(ctx context.Context, id string) error {
	hint, err := c.Missing(ctx, id)
	if err == nil {
		c.info(fmt.Sprintf("consumer %s of %s is not registered: nothing to remove\nhint: %s", id, c.Name, hint))
	}
	return err
}

// ARNs returns the ARNs of consumers. Unlike a name, an ARN never means a consumer that was
// registered again later.
func ARNs(consumers []efo.Consumer) []string {
	list := make([]string, len(consumers))
	for i, c := range consumers {
		list[i] = c.ARN
	}
	return list
}
