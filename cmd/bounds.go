package cmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"kin/internal/record"
	"kin/reader"
)

// boundOptions are the flags that end a run of read or tail, and those that
// judge what it has read.
type boundOptions struct {
	availableNow bool
	to           toValue
	limit        limitValue
	idle         spanValue
	timeout      spanValue
	began        time.Time // the command: timeout counts from then

	failOnEmpty bool
	expect      countValue
}

func (o *boundOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.availableNow, "available-now", false, "read what is there now, then end")
	f.Var(&o.to, "to", "read what arrived up to a time or an age, then end")
	f.Var(&o.limit, "limit", "end after `N` records")
	f.Var(&o.idle, "idle-timeout", "end when no record has come for this long")
	f.Var(&o.timeout, "timeout", "end after this long, counted from the start of kin; a batch that is being written, to stdout, a command or a stream, is finished first; exit 5 when another bound was not met by then, or no shard gave a usable answer")
	f.BoolVar(&o.failOnEmpty, "fail-on-empty", false, "exit 7 when the run ends without a record")
	f.Var(&o.expect, "expect", "exit 7 when the run ends with another number of records than `N`")
}

// apply puts the bounds into ro, or says why they make no sense.
func (o *boundOptions) apply(ro *reader.Options, hasCheckpoint bool) error {
	ro.AvailableNow = o.availableNow
	ro.To = record.Position(o.to)
	ro.Limit = int64(o.limit)
	ro.IdleTimeout = time.Duration(o.idle.durationValue)
	ro.Timeout, ro.Began = time.Duration(o.timeout.durationValue), o.began

	bound := ""
	switch {
	case o.availableNow:
		bound = "--available-now"
	case ro.To.Kind == record.Ago, ro.To.Kind == record.AtTimestamp && ro.To.Timestamp.Before(time.Now()):
		bound = "--to " + o.to.String()
	}
	if bound != "" && ro.InitialPosition.Kind == record.Latest && !hasCheckpoint {
		return usageHint("give --from trim_horizon (or an age such as --from 1h), or --checkpoint FILE to read what came since the last run",
			"%s from latest would read nothing", bound)
	}
	switch from := ro.InitialPosition; {
	case hasCheckpoint:
	case from.Kind == record.Ago && ro.To.Kind == record.Ago && ro.To.Age == from.Age:
		return usage("--to %s and --from %s are the same time: nothing lies between them", o.to.String(), from)
	case from.Kind == record.Ago && ro.To.Kind == record.Ago && ro.To.Age > from.Age,
		from.Kind == record.AtTimestamp && ro.To.Kind == record.AtTimestamp && ro.To.Timestamp.Before(from.Timestamp.Time):
		return usage("--to %s is before --from %s: nothing lies between them", o.to.String(), from)
	}
	ends := o.availableNow || ro.To.Kind != record.Latest || ro.Limit > 0 || ro.IdleTimeout > 0 || ro.Timeout > 0
	if (o.failOnEmpty || o.expect.given) && !ends {
		return usageHint("add --available-now, --to, --limit, --idle-timeout or --timeout",
			"--fail-on-empty and --expect judge a run that ends")
	}
	return nil
}

// errSlowConfiguration means that a file of the AWS configuration, such as a pipe, gave
// nothing in time.
var errSlowConfiguration = errors.New("the AWS configuration files could not be read in time")

// startWithin runs the start of a command within --timeout. What begin still waits for then
// is named by its error.
func (o *boundOptions) startWithin(ctx context.Context, begin func(context.Context) error) error {
	within := time.Duration(o.timeout.durationValue)
	limited, cancel := o.limited(ctx, context.DeadlineExceeded)
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

// limited is ctx until the end of the run's time, which counts from where the command
// began. Its cause is then late. Without --timeout it has no end of its own.
func (o *boundOptions) limited(ctx context.Context, late error) (context.Context, context.CancelFunc) {
	within := time.Duration(o.timeout.durationValue)
	if within <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, o.began.Add(within), late)
}

// judge holds what a run has read against what was expected of it.
func (o *boundOptions) judge(records int64) error {
	switch {
	case o.failOnEmpty && records == 0:
		return &conditionError{"no record was read"}
	case o.expect.given && records != o.expect.n:
		return &conditionError{fmt.Sprintf("read %s, expected %s", counted(records, "record"), humanize.Comma(o.expect.n))}
	}
	return nil
}

// toValue is a time or an age that a run reads up to; its zero value is none.
type toValue record.Position

func (v *toValue) Set(s string) error {
	p, err := record.ParsePosition(s)
	if err != nil || p.Kind != record.AtTimestamp && p.Kind != record.Ago {
		return fmt.Errorf("want a time such as 2026-11-22T10:00:00Z or an age such as 15m or 1d3h")
	}
	*v = toValue(p)
	return nil
}

func (v *toValue) String() string {
	if v.Kind == record.Latest {
		return ""
	}
	return record.Position(*v).String()
}

func (v *toValue) Type() string { return "time" }

// limitValue is a number of records, 1 or more; its zero value is none.
type limitValue int64

func (v *limitValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of records, 1 or more")
	}
	*v = limitValue(n)
	return nil
}

func (v *limitValue) String() string { return strconv.FormatInt(int64(*v), 10) }
func (v *limitValue) Type() string   { return "N" }

// countValue is a number of records, or none.
type countValue struct {
	n     int64
	given bool
}

func (v *countValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("want a number of records, 0 or more")
	}
	v.n, v.given = n, true
	return nil
}

func (v *countValue) String() string {
	if !v.given {
		return ""
	}
	return strconv.FormatInt(v.n, 10)
}

func (v *countValue) Type() string { return "N" }
