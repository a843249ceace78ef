package console

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// yieldingWriter lets other goroutines run in the middle of a write. It is not safe for
// concurrent use.
type yieldingWriter struct{ got bytes.Buffer }

func (w *yieldingWriter) Write(p []byte) (int, error) {
	for i := range p {
		if i%8 == 0 {
			runtime.Gosched()
		}
		w.got.WriteByte(p[i])
	}
	return len(p), nil
}

// Many goroutines print while the live line is refreshed, under the race detector.
func TestFault19MessagesOfManyGoroutinesDoNotMix(t *testing.T) {
	var w yieldingWriter
	e := New(Streams{Err: &w})
	e.IsVerbose = true
	e.IsDebug = true
	e.FlagsParsed()
	l := &LiveLine{quit: make(chan struct{})}
	stop := make(chan struct{})
	l.ended.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				e.Stderr.hide()
				return
			default:
				e.Stderr.show(fmt.Sprint("live ", i))
			}
		}
	})
	const many, each = 8, 20
	var all sync.WaitGroup
	for g := range many {
		all.Go(func() {
			for i := range each {
				e.Info(fmt.Sprintf("info %d.%d\nhint %d.%d", g, i, g, i))
				e.Detail(fmt.Sprintf("detail %d.%d", g, i))
				e.AtEnd(fmt.Sprintf("last %d.%d", g, i))
				e.Log.Debug("log", "at", fmt.Sprintf("%d.%d", g, i))
				if err := e.Stderr.WriteData(t.Context(), fmt.Sprintf("{\"metrics\":\"%d.%d\"}\n", g, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	l.ended.Wait()
	e.Stderr.Flush()
	if last := e.Stderr.TakeLastMessages(); len(last) != many*each {
		t.Errorf("%d last messages, want %d", len(last), many*each)
	}

	// Without the live line, only whole messages remain, each once and followed by its
	// hint.
	live := regexp.MustCompile(`\r\x1b\[K(live \d+)?`)
	whole := regexp.MustCompile(`^(kin: (info|hint|detail) \d+\.\d+|time=\S+ level=DEBUG msg=log at=\d+\.\d+|{"metrics":"\d+\.\d+"})$`)
	lines := strings.Split(strings.TrimSuffix(live.ReplaceAllString(w.got.String(), ""), "\n"), "\n")
	for i, line := range lines {
		if !whole.MatchString(line) {
			t.Errorf("not a whole line: %q", line)
		}
		if number, ok := strings.CutPrefix(line, "kin: info "); ok && (i+1 == len(lines) || lines[i+1] != "kin: hint "+number) {
			t.Errorf("%q is not followed by its hint", line)
		}
	}
	if want := many * each * 5; len(lines) != want {
		t.Errorf("%d lines, want %d", len(lines), want)
	}
	if !strings.HasSuffix(w.got.String(), clearLine) {
		t.Error("the live line was not cleared at its end")
	}
}

func TestFault19AMessageClearsTheLiveLineOnlyIfThereIsOne(t *testing.T) {
	var w bytes.Buffer
	e := New(Streams{Err: &w})
	e.Print("before")
	e.Stderr.show("10 records")
	e.Stderr.Flush() // otherwise the next live line would replace this one
	e.Print("while")
	e.Stderr.hide()
	e.Print("after")
	e.Stderr.Flush()
	if got, want := w.String(), "kin: before\n\r\x1b[K10 records\r\x1b[Kkin: while\n\r\x1b[Kkin: after\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
