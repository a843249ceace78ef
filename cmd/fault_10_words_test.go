package cmd

import (
	"strings"
	"testing"
	"time"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/reader"
)

func TestFault10OneHasTheSingular(t *testing.T) {
	o := &flags.Bounds{}
	o.Expect.Given, o.Expect.N = true, 2000
	if err := o.CheckCount(1); err == nil || err.Error() != "read 1 record, expected 2,000" {
		t.Errorf("got %v", err)
	}
	for shards, want := range map[int]string{1: "  1 shard", 2: "  2 shards"} {
		if got := report.ReadLine(reader.Progress{}, reader.Progress{Shards: shards}, time.Second); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q at its end", got, want)
		}
	}
}
