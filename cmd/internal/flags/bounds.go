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

// Bounds are the flags that end a run of read or tail, and those that
// judge what it has read.
type Bounds struct {
	AvailableNow bool
	to           Bound
	limit        Limit
	idle         Span
	Timeout      Span
	Began        time.Time // the command: timeout counts from then

	failOnEmpty bool
	Expect      Count
}

// AddFlags gives a command these flags.
func (o *Bounds) AddFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.AvailableNow, "available-now", false, "read what is there now, then end")
	f.Var(&o.to, "to", "read what arrived up to a time or an age, then end")
	f.Var(&o.limit, "limit", "end after `N` records")
	f.Var(&o.idle, "idle-timeout", "end when no record has come for this long")
	f.Var(&o.Timeout, "timeout", "end after this long, counted from the start of kin; a batch that is being written, to stdout, a command or a stream, is finished first; exit 5 when another bound was not met by then, or no shard gave a usable answer")
	f.BoolVar(&o.failOnEmpty, "fail-on-empty", false, "exit 7 when the run ends without a record")
	f.Var(&o.Expect, "expect", "exit 7 when the run ends with another number of records than `N`")
}

// Apply puts the bounds into ro, or says why they make no sense.
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
		return console.UsageHint("give --from trim_horizon (or an age such as --from 1h), or --checkpoint FILE to read what came since the last run",
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

// errSlowConfiguration means that a file of the AWS configuration, such as a pipe, gave
// nothing in time.
var errSlowConfiguration = errors.New("the AWS configuration files could not be read in time")

// StartWithin runs the start of a command within --timeout. What begin still waits for then
// is named by its error.
func (o *Bounds) StartWithin(ctx context.Context, begin func(context.Context) error) error {
	within := time.Duration(o.Timeout.Duration)
	limited, cancel := o.Limited(ctx, context.DeadlineExceeded)
	defer cancel()
	err := begin(limited)
	if err == nil || ctx.Err() != nil || !errors.Is(limited.Err(), context.DeadlineExceeded) {
		return err
	}
	var named interface{ Brief() string } // what was waited for
	if !errors.As(err, &named) {
		err = errSlowConfiguration
	}
	return &reader.TimeoutError{After: within, Err: err}
}

// Limited is ctx until the end of the run's time, which counts from where the command
// began. Its cause is then late. Without --timeout it has no end of its own.
func (o *Bounds) Limited(ctx context.Context, late error) (context.Context, context.CancelFunc) {
	within := time.Duration(o.Timeout.Duration)
	if within <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, o.Began.Add(within), late)
}

// Judge compares the records read with --expect and --fail-on-empty. It returns a
// *console.ConditionError if they do not agree.
func (o *Bounds) Judge(records int64) error {
	switch {
	case o.failOnEmpty && records == 0:
		return &console.ConditionError{Message: "no record was read"}
	case o.Expect.Given && records != o.Expect.N:
		return &console.ConditionError{Message: fmt.Sprintf("read %s, expected %s", words.Count(records, "record"), humanize.Comma(o.Expect.N))}
	}
	return nil
}
