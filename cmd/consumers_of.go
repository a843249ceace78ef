package cmd

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

// billed is what a command says once where it registers a consumer or finds some.
const billed = "AWS bills a registered consumer until it is deregistered"

// billedIfAny is billed on a line of its own, empty without consumers.
func billedIfAny(found []efo.Consumer) string {
	if len(found) == 0 {
		return ""
	}
	return "\n" + billed
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
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode() == "ResourceNotFoundException":
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

func (e *missingConsumerError) Error() string { return e.err.Error() }

func (e *missingConsumerError) Unwrap() error { return e.err }

func (e *missingConsumerError) NotFound() bool { return true }

func (e *missingConsumerError) Hint() string { return e.hint }

// there are those of the consumers that are registered; the others are said.
func (c *consumersOf) there(ctx context.Context, ids []string) ([]efo.Consumer, error) {
	var found []efo.Consumer
	for _, id := range ids {
		one, err := c.Describe(ctx, efo.ID(id))
		var gone *efo.NotFoundError
		switch {
		case errors.As(err, &gone):
			if err := c.sayGone(ctx, id); err != nil {
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

// sayGone tells of a consumer that is not there. The error is that of a stream
// that is not there either.
func (c *consumersOf) sayGone(ctx context.Context, id string) error {
	hint, err := c.missing(ctx, id)
	if err == nil {
		c.say(fmt.Sprintf("consumer %s of %s is not registered: nothing to remove\nhint: %s", id, c.name, hint))
	}
	return err
}

// arns name consumers so that nobody else's take their place.
func arns(consumers []efo.Consumer) []string {
	list := make([]string, len(consumers))
	for i, c := range consumers {
		list[i] = c.ARN
	}
	return list
}
