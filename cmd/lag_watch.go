package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/xhit/go-str2duration/v2"
	"golang.org/x/term"

	"kin/cmd/internal/console"
	"kin/cmd/internal/report"
	"kin/inspect"
	"kin/internal/service"
	"kin/reader"
)

// watcher measures repeatedly. On a terminal it draws each measurement over the last one.
// Elsewhere it prints one report after another.
type watcher struct {
	e       *env
	o       *lagOptions
	redraws bool // on a terminal
	history report.LagHistory
	printed bool      // at least one report was printed
	failing time.Time // when measurements began to fail; zero if the last one succeeded
	failed  bool      // one of these failed for another reason than throttling

	mu    sync.Mutex // guards notes
	notes []string   // the latest messages, shown below the frame
}

// maxNotes is the number of messages below a frame.
const maxNotes = 3

func watchLag(ctx context.Context, e *env, o *lagOptions) error {
	w := &watcher{e: e, o: o, history: report.LagHistory{}}
	w.redraws = o.isTable() && console.IsTerminal(e.Out) && os.Getenv("TERM") != "dumb"
	info := e.Info
	if w.redraws {
		info = w.note
	}
	l, err := o.meter(ctx, e, info)
	if err != nil {
		return err
	}
	out, ctx, err := e.OpenStdout(ctx, false)
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		next := time.Now().Add(time.Duration(o.watch.Duration))
		measured, err := l.Measure(ctx)
		if err = w.handle(ctx, measured, err, out); err != nil {
			return err
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// handle prints the result of a measurement. A measurement that gave up does not end the
// watch once there is a report: the next one may succeed.
func (w *watcher) handle(ctx context.Context, measured inspect.LagReport, err error, out *console.Stdout) error {
	var gaveUp console.GaveUp
	if w.printed && errors.As(err, &gaveUp) && gaveUp.GaveUp() {
		var failure *service.GaveUpError
		if errors.As(err, &failure) && w.failing.IsZero() {
			w.failing, w.failed = time.Now().Add(-failure.After), false
		}
		w.failed = w.failed || failure == nil || !failure.RefusedForNow()
		if w.redraws {
			w.note(err.Error())
			return w.print(out, w.frame(w.history.Last))
		}
		w.e.Info(err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if !w.failing.IsZero() {
		what := "connected"
		if !w.failed {
			what = "reading"
		}
		message := what + " again after " + str2duration.String(time.Since(w.failing).Round(time.Second))
		w.failing = time.Time{}
		if w.redraws {
			w.note(message)
		} else {
			w.e.Info(message)
		}
	}
	w.history.Add(measured)
	text, err := w.text(measured)
	if err != nil {
		return err
	}
	if err := w.print(out, text); err != nil {
		return err
	}
	w.printed = true
	return w.result(ctx, measured)
}

// result returns the error of a measurement. A stream that gave up does not end the watch:
// the next measurement tries again.
func (w *watcher) result(ctx context.Context, measured inspect.LagReport) error {
	var failed []reader.StreamFailure
	for _, f := range measured.Failed {
		var gaveUp console.GaveUp
		switch {
		case !errors.As(f.Err, &gaveUp) || !gaveUp.GaveUp():
			failed = append(failed, f)
		case w.redraws:
			w.note(f.Err.Error())
		default:
			w.e.Info(f.Err.Error())
		}
	}
	measured.Failed = failed
	return w.o.result(ctx, w.e, measured)
}

// text formats a measurement: a frame, or a report with an empty line between two tables.
func (w *watcher) text(measured inspect.LagReport) (string, error) {
	if w.redraws {
		return w.frame(measured), nil
	}
	text, err := w.o.report(report.NewPalette(w.e.Console), measured)
	if w.printed && w.o.isTable() {
		text = "\n" + text
	}
	return text, err
}

func (w *watcher) print(out *console.Stdout, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return out.Flush()
}

// note keeps a message for the frame, unless -q is set.
func (w *watcher) note(message string) {
	if w.e.IsQuiet {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.notes = append(w.notes, message); len(w.notes) > maxNotes {
		w.notes = w.notes[1:]
	}
}

// frame draws a measurement over the last one, within the size of the terminal.
func (w *watcher) frame(measured inspect.LagReport) string {
	width, height := 80, 24
	if f, ok := w.e.Out.(*os.File); ok {
		if x, y, err := term.GetSize(int(f.Fd())); err == nil && x > 0 && y > 1 {
			width, height = x, y
		}
	}
	w.mu.Lock()
	notes := w.notes
	w.mu.Unlock()
	lines := report.LagFrame(report.NewPalette(w.e.Console), measured, w.history, notes, width, height-1)
	start := "\x1b[H"
	if !w.printed {
		start = "\x1b[2J\x1b[H"
	}
	return start + strings.Join(lines, "\x1b[K\n") + "\x1b[K\n\x1b[J"
}
