package flags

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/internal/record"
	"kin/internal/words"
	"kin/reader"
)

// Bounds are the flags that end a run of read, tail or copy, and those that check what the
// run has read.
type Bounds struct {
	AvailableNow bool
	to           Bound
	limit        Limit
	idle         Span
	Timeout      Span
	Began        time.Time // when the command started; Timeout counts from then

	failOnEmpty bool
	Expect      Count
}

// AddFlags adds these flags to a command.
func (o *Bounds) AddFlags(f *pflag.FlagSet) {
	g := GroupBounds.In(f)
	g.Bool(&o.AvailableNow, "available-now", Help{
		Short: "end after the records that are in the stream now",
		Full:  "Read the records that are in the stream when the run starts, then end.",
	})
	g.Var(&o.to, "to", Help{
		Short: "end at an arrival time, or at an age such as 15m",
		Full:  "Read the records that arrived up to a time such as 2026-11-22T10:00:00Z, or up to an age such as 15m, then end. kin help positions shows all forms.",
	})
	g.Var(&o.limit, "limit", Help{
		Short: "end after this many records",
		Full:  "End after N records. Each record of a KPL aggregate counts.",
	})
	g.Var(&o.idle, "idle-timeout", Help{
		Short: "end when no record has come for this long",
		Full:  "End when no record has come for this long.",
	})
	g.Var(&o.Timeout, "timeout", Help{
		Short: "end this long after the start of kin",
		Full: "End this long after the start of kin. kin first finishes the batch that it is writing. " +
			"The exit code is 5 if the run has another bound that was not reached by then, or if no shard gave a usable answer.",
	})
	g.Bool(&o.failOnEmpty, "fail-on-empty", Help{
		Short: "exit with 7 if the run reads no record",
		Full:  "Exit with 7 if the run ends without a record. The run needs a bound, such as --available-now.",
	})
	g.Var(&o.Expect, "expect", Help{
		Short: "exit with 7 unless the run reads exactly N records",
		Full:  "Exit with 7 unless the run reads exactly N records. The run needs a bound, such as --available-now.",
	})
}

// Apply sets the bounds in ro. It returns a *console.UsageError if they contradict each
// other.
func (o *Bounds) Apply(ro *reader.Options, hasCheckpoint bool) error {
	ro.AvailableNow = o.AvailableNow
	ro.To = record.Position(o.to)
	ro.Limit = int64(o.limit)
	ro.IdleTimeout = time.Duration(o.idle.Duration)
	ro.Timeout, ro.Began = time.Duration(o.Timeout.Duration), o.Began

	bound := ""
	switch {
	case o.AvailableNow:
		bound = "--available-now"
	case ro.To.Kind == record.Ago, ro.To.Kind == record.AtTimestamp && ro.To.Timestamp.Before(time.Now()):
		bound = "--to " + o.to.String()
	}
	if bound != "" && ro.InitialPosition.Kind == record.Latest && !hasCheckpoint {
		return console.UsageHint("give --from trim_horizon (or an age such as --from 1h), or --checkpoint FILE to read the records since the last run",
			"%s from latest would read nothing", bound)
	}
	switch from := ro.InitialPosition; {
	case hasCheckpoint:
	case from.Kind == record.Ago && ro.To.Kind == record.Ago && ro.To.Age == from.Age:
		return console.Usage("--to %s and --from %s are the same time: nothing lies between them", o.to.String(), from)
	case from.Kind == record.Ago && ro.To.Kind == record.Ago && ro.To.Age > from.Age,
		from.Kind == record.AtTimestamp && ro.To.Kind == record.AtTimestamp && ro.To.Timestamp.Before(from.Timestamp.Time):
		return console.Usage("--to %s is before --from %s: nothing lies between them", o.to.String(), from)
	}
	ends := o.AvailableNow || ro.To.Kind != record.Latest || ro.Limit > 0 || ro.IdleTimeout > 0 || ro.Timeout > 0
	if (o.failOnEmpty || o.Expect.Given) && !ends {
		return console.UsageHint("add --available-now, --to, --limit, --idle-timeout or --timeout",
			"--fail-on-empty and --expect need a run that ends")
	}
	return nil
}

// errSlowConfiguration means that a file of the AWS configuration, such as a pipe, could
// not be read in time.
var errSlowConfiguration = errors.New("the AWS configuration files could not be read in time")

// StartWithin runs begin within --timeout. When the time is over, it returns a
// *reader.TimeoutError that names what begin was waiting for.
func (o *Bounds) StartWithin(ctx context.Context, begin func(context.Context) error) error {
	within := time.Duration(o.Timeout.Duration)
	limited, cancel := o.Limited(ctx, context.DeadlineExceeded)
	defer cancel()
	err := begin(limited)
	if err == nil || ctx.Err() != nil || !errors.Is(limited.Err(), context.DeadlineExceeded) {
		return err
	}
	var named interface{ Brief() string } // what begin was waiting for
	if !errors.As(err, &named) {
		err = errSlowConfiguration
	}
	return &reader.TimeoutError{After: within, Err: err}
}

// Limited returns a context that ends with ctx, or with the given cause when --timeout is
// over. The time counts from Began. Without --timeout only ctx ends it.
func (o *Bounds) Limited(ctx context.Context, cause error) (context.Context, context.CancelFunc) {
	within := time.Duration(o.Timeout.Duration)
	if within <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, o.Began.Add(within), cause)
}

// CheckCount compares the number of records read with --expect and --fail-on-empty. It
// returns a *console.ConditionError if they do not agree.
func (o *Bounds) CheckCount(records int64) error {
	switch {
	case o.failOnEmpty && records == 0:
		return &console.ConditionError{Message: "no record was read"}
	case o.Expect.Given && records != o.Expect.N:
		return &console.ConditionError{Message: fmt.Sprintf("read %s, expected %s", words.Count(records, "record"), humanize.Comma(o.Expect.N))}
	}
	return nil
}
