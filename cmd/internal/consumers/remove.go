package consumers

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"kin/cmd/internal/console"
	"kin/cmd/internal/report"
	"kin/efo"
	"kin/internal/words"
)

// removalLimit is how many consumers are removed in parallel. Each is described twice a
// second at first, and a stream allows 20 such calls a second.
const removalLimit = 5

// Remove deregisters consumers by name or ARN, and waits until they are gone. It reports
// each removal at once. If one cannot be removed, Remove still removes the others. The
// error is the cause of ctx if that has ended, otherwise the failure of the only consumer, or a
// count of the failures.
func (c *Stream) Remove(ctx context.Context, ids []string) error {
	var (
		mu     sync.Mutex // guards failed and absent
		group  errgroup.Group
		failed = map[string]error{}
		absent = map[string]bool{}
	)
	group.SetLimit(removalLimit)
	for _, id := range ids {
		group.Go(func() error {
			removed, err := c.Deregister(ctx, efo.ID(id))
			if removed {
				c.info(fmt.Sprintf("deregistered consumer %s of %s", efo.ID(id).Name(), c.Name))
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed[id] = err
			}
			absent[id] = err == nil && !removed
			return nil
		})
	}
	_ = group.Wait() // always nil: failed has the errors
	for _, id := range ids {
		if absent[id] {
			if err := c.reportNotFound(ctx, id); err != nil {
				failed[id] = err
			}
		}
	}
	return c.failures(ctx, ids, failed)
}

// failures reports the consumers that could not be removed, and returns the error of
// Remove.
func (c *Stream) failures(ctx context.Context, ids []string, failed map[string]error) error {
	switch {
	case len(failed) == 0:
		return nil
	case ctx.Err() != nil:
		var remaining []string
		for _, id := range ids {
			if failed[id] != nil {
				remaining = append(remaining, efo.ID(id).Name())
			}
		}
		c.e.Info(fmt.Sprintf("stopped; these may still be registered: %s; check with: %s", strings.Join(remaining, ", "), c.Commands.Command("list", "")))
		return context.Cause(ctx)
	case len(ids) == 1:
		return failed[ids[0]]
	}
	e := c.e
	for _, id := range ids {
		if err := failed[id]; err != nil {
			e.PrintError(c.explain(ctx, err))
		}
	}
	return fmt.Errorf("%d of %s could not be removed", len(failed), words.Count(int64(len(ids)), "consumer"))
}

// Confirm asks whether to remove consumers. It prints them first unless shown is true. Any
// answer but yes is a SilentError with exit code 1.
func (c *Stream) Confirm(ctx context.Context, consumers []efo.Consumer, shown bool) error {
	e := c.e
	if !shown {
		e.Print(strings.TrimSuffix(report.ConsumersTable(report.Palette{}, consumers), "\n"))
	}
	yes, err := e.Ask(ctx, fmt.Sprintf("remove %s of %s?", words.Count(int64(len(consumers)), "consumer"), c.Name))
	if err != nil || yes {
		return err
	}
	e.Print("nothing was removed")
	return console.SilentError{Code: console.ExitFailed}
}
