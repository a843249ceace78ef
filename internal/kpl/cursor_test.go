package kpl

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// walk describes each record of an aggregate.
func walk(t *testing.T, payload []byte) (shown []string) {
	t.Helper()
	var a Aggregated
	if !a.Parse(payload) {
		t.Fatal("not an aggregate")
	}
	for c := a.Cursor(); c.Next(); {
		s := fmt.Sprintf("%d %.10s %s %s", c.Index, c.Record.PartitionKey, c.Record.ExplicitHashKey, c.Record.Data)
		if c.BadKey {
			s += " bad key"
		}
		if c.BadHashKey {
			s += " bad hash key"
		}
		shown = append(shown, s)
	}
	if len(shown) != a.Records() {
		t.Errorf("%d records, and Records says %d", len(shown), a.Records())
	}
	return shown
}

func TestFault08BadKeyAffectsOnlyItsRecords(t *testing.T) {
	const most = "340282366920938463463374607431768211455"
	data := text(3, "d")
	for name, bad := range map[string]string{"empty": "", "not UTF-8": "\xff", "half of a pair": "\xed\xa0\x80", "257 characters": strings.Repeat("ü", 257)} {
		got := walk(t, seal(text(1, "a"), text(1, bad), text(1, "b"), record(number(1, 0), data), record(number(1, 1), data), record(number(1, 2), data)))
		if want := []string{"0 a  d", "1   d bad key", "2 b  d"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, bad := range []string{"0x7", "-1", "1.0", most[:len(most)-1] + "6", strings.Repeat("1", 40)} {
		got := walk(t, seal(text(1, "a"), text(2, "7"), text(2, bad), record(number(1, 0), number(2, 0), data), record(number(1, 0), number(2, 1), data), record(number(1, 0), data)))
		if want := []string{"0 a 7 d", "1 a  d bad hash key", "2 a  d"}; !reflect.DeepEqual(got, want) {
			t.Errorf("explicit hash key %s: got %q, want %q", bad, got, want)
		}
	}
	// An unused bad key has no effect.
	if got := walk(t, seal(text(1, "\xff"), text(1, "a"), text(2, "x"), record(number(1, 1), data))); !reflect.DeepEqual(got, []string{"0 a  d"}) {
		t.Errorf("got %q", got)
	}
}

func TestFault16CursorAllocatesOnlyForKeys(t *testing.T) {
	one := record(number(1, 0), text(3, ""))
	many := seal(text(1, strings.Repeat("k", 256)), bytes.Repeat(one, 170_000))
	var a Aggregated
	n := 0
	if allocated := testing.AllocsPerRun(1, func() {
		if !a.Parse(many) {
			t.Fatal("not an aggregate")
		}
		n = 0
		for c := a.Cursor(); c.Next(); {
			n++
		}
	}); n != 170_000 || allocated > 10 {
		t.Errorf("%d records with %v allocations", n, allocated)
	}
}

func TestFault16ManyKeys(t *testing.T) {
	const n = 3 * maxFirstScanKeys
	var keys, users [][]byte
	for i := range n {
		keys = append(keys, text(1, fmt.Sprintf("key-%d", i)))
		users = append(users, record(number(1, uint64(i)), text(3, "")))
	}
	for name, message := range map[string][]byte{
		"table before the records": seal(bytes.Join(keys, nil), bytes.Join(users, nil)),
		"table after the records":  seal(bytes.Join(users, nil), bytes.Join(keys, nil)),
		"keys far apart":           seal(bytes.Join(keys[:n/2], nil), text(15, strings.Repeat("x", maxKeyText)), bytes.Join(keys[n/2:], nil), bytes.Join(users, nil)),
	} {
		var a Aggregated
		if !a.Parse(message) || a.Records() != n {
			t.Errorf("%s: not an aggregate of %d records", name, n)
			continue
		}
		i := 0
		for c := a.Cursor(); c.Next(); i++ {
			if want := fmt.Sprintf("key-%d", i); c.Record.PartitionKey != want || c.Index != i {
				t.Fatalf("%s: record %d has the key %s", name, c.Index, c.Record.PartitionKey)
			}
		}
	}
	// No producer writes this many unused keys.
	var a Aggregated
	if a.Parse(seal(bytes.Join(keys, nil), users[0])) {
		t.Error("a table of unused keys is accepted as an aggregate")
	}
	if !a.Parse(seal(bytes.Join(keys[:maxFirstScanKeys], nil), users[0])) {
		t.Errorf("%d keys are too many", maxFirstScanKeys)
	}
}
