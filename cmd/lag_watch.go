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

// watcher looks again and again. On a terminal it draws each look over the
// last one; elsewhere it prints one report after another.
type watcher struct {
	e       *env
	o       *lagOptions
	drawn   bool // on a terminal
	history report.LagHistory
	began   bool      // a report was printed
	failing time.Time // since when looks give up; zero when the last one did not
	failed  bool      // one of those gave up for another reason than a refusal for now

	mu    sync.Mutex // guards notes
	notes []string   // what was said since, for below the frame
}

// mostNotes are shown below a frame.
const mostNotes = 3

func watchLag(ctx context.Context, e *env, o *lagOptions) error {
	w := &watcher{e: e, o: o, history: report.LagHistory{}}
	w.drawn = o.isTable() && console.IsTerminal(e.Out) && os.Getenv("TERM") != "dumb"
	info := e.Info
	if w.drawn {
		info = w.note
	}
	l, err := o.looker(ctx, e, info)
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
		look, err := l.Look(ctx)
		if err = w.took(ctx, look, err, out); err != nil {
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

// took prints what a look came to. Once there was one, a look that gave up
// does not end the watch: the next one may have more luck.
func (w *watcher) took(ctx context.Context, look inspect.Look, err error, out *console.Stdout) error {
	var exhausted console.GaveUp
	if w.began && errors.As(err, &exhausted) && exhausted.GaveUp() {
		var spent *service.GaveUpError
		if errors.As(err, &spent) && w.failing.IsZero() {
			w.failing, w.failed = time.Now().Add(-spent.After), false
		}
		w.failed = w.failed || spent == nil || !spent.RefusedForNow()
		if w.drawn {
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
		if w.drawn {
			w.note(message)
		} else {
			w.e.Info(message)
		}
	}
	w.history.Add(look)
	text, err := w.text(look)
	if err != nil {
		return err
	}
	if err := w.print(out, text); err != nil {
		return err
	}
	w.began = true
	return w.verdict(ctx, look)
}

// verdict returns the error of a look. A stream that could not be asked in time does not
// end the watch: the next look asks again.
func (w *watcher) verdict(ctx context.Context, look inspect.Look) error {
	var failed []reader.StreamFailure
	for _, f := range look.Failed {
		var exhausted console.GaveUp
		switch {
		case !errors.As(f.Err, &exhausted) || !exhausted.GaveUp():
			failed = append(failed, f)
		case w.drawn:
			w.note(f.Err.Error())
		default:
			w.e.Info(f.Err.Error())
		}
	}
	look.Failed = failed
	return w.o.verdict(ctx, w.e, look)
}

// text is a look as it is printed: a frame, or a report, and an empty line
// between two tables.
func (w *watcher) text(look inspect.Look) (string, error) {
	if w.drawn {
		return w.frame(look), nil
	}
	text, err := w.o.report(report.NewPalette(w.e.Console), look)
	if w.began && w.o.isTable() {
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

// note keeps a message for the frame; -q leaves it out.
func (w *watcher) note(message string) {
	if w.e.IsQuiet {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.notes = append(w.notes, message); len(w.notes) > mostNotes {
		w.notes = w.notes[1:]
	}
}

// frame is a look as it is drawn over the last one, within the terminal.
func (w *watcher) frame(look inspect.Look) string {
	width, height := 80, 24
	if f, ok := w.e.Out.(*os.File); ok {
		if x, y, err := term.GetSize(int(f.Fd())); err == nil && x > 0 && y > 1 {
			width, height = x, y
		}
	}
	w.mu.Lock()
	notes := w.notes
	w.mu.Unlock()
	lines := report.LagFrame(report.NewPalette(w.e.Console), look, w.history, notes, width, height-1)
	start := "\x1b[H"
	if !w.began {
		start = "\x1b[2J\x1b[H"
	}
	return start + strings.Join(lines, "\x1b[K\n") + "\x1b[K\n\x1b[J"
}
