package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var errTimeIsUp = errors.New("time is up")

// readFor runs a reader for d, or to its end, and returns the written records in order. The end of
// d is no error.
func readFor(t testing.TB, client Client, d time.Duration, o Options) ([]string, error) {
	t.Helper()
	var got []string
	err := readInto(t, client, d, o, func(b *Batch) error {
		got = append(got, batchRecords(b)...)
		return nil
	})
	return got, err
}

func readInto(t testing.TB, client Client, d time.Duration, o Options, handle func(*Batch) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errTimeIsUp)
	defer cancel()
	r, err := New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx, HandlerOf(handle)); !errors.Is(err, errTimeIsUp) {
		return err
	}
	return nil
}

func batchRecords(b *Batch) []string {
	var records []string
	for _, block := range b.Blocks {
		records = append(records, strings.Fields(string(block.Data))...)
	}
	return records
}

// numbers returns the numbers from to to, as texts.
func numbers(from, to int) []string {
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// once reports missing records and records that appear more than once, in any order.
func once(t testing.TB, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, g := range got {
		count[g]++
	}
	var missing, extra []string
	for _, w := range want {
		if count[w]--; count[w] < 0 {
			missing = append(missing, w)
		}
	}
	for g, n := range count {
		if n > 0 {
			extra = append(extra, fmt.Sprintf("%s (%d)", g, n))
		}
	}
	if len(missing)+len(extra) > 0 {
		slices.Sort(extra)
		t.Errorf("of %d records %d are missing: %.200q; twice or unknown: %.200q", len(want), len(missing), missing, extra)
	}
}

// ordered reports an error unless all of the records appear in that order.
func ordered(t testing.TB, got []string, want ...string) {
	t.Helper()
	last := -1
	for _, w := range want {
		i := slices.Index(got, w)
		if i < last || i < 0 {
			t.Errorf("want %q in that order, got %q", want, got)
			return
		}
		last = i
	}
}
