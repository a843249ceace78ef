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

// atOnce is how many consumers are removed at a time. Each is looked at twice a
// second at first, of the 20 looks that a stream has.
const atOnce = 5

// Remove deregisters consumers and waits until they are gone. Each is said when
// it is; one that cannot be removed is named, and does not keep the others. The
// error is that of the only one, or has the exit code of a partial failure.
func (c *Stream) Remove(ctx context.Context, ids []string) error {
	var (
		mu     sync.Mutex // guards failed and absent
		group  errgroup.Group
		failed = map[string]error{}
		absent = map[string]bool{}
	)
	group.SetLimit(atOnce)
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
	_ = group.Wait() // which has no errors: they are kept by consumer
	for _, id := range ids {
		if absent[id] {
			if err := c.reportNotFound(ctx, id); err != nil {
				failed[id] = err
			}
		}
	}
	return c.failures(ctx, ids, failed)
}

// failures reports the consumers that could not be removed.
func (c *Stream) failures(ctx context.Context, ids []string, failed map[string]error) error {
	switch {
	case len(failed) == 0:
		return nil
	case ctx.Err() != nil:
		var left []string
		for _, id := range ids {
			if failed[id] != nil {
				left = append(left, efo.ID(id).Name())
			}
		}
		c.e.Info(fmt.Sprintf("stopped before this was known to be gone: %s; check with: %s", strings.Join(left, ", "), c.Commands.Command("list", "")))
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

// Confirm shows the consumers on the terminal, unless they were shown there,
// and asks whether they are to go. Anything but yes is no, which is exit code
// 1: nothing was done.
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
