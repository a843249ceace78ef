package report

import (
	"testing"
	"time"

	"kin/cmd/internal/flags"
	"kin/writer"
)

func TestWriteSummaryLines(t *testing.T) {
	for _, tt := range []struct {
		summary         writer.Summary
		wrote, progress string
	}{
		{
			writer.Summary{Read: 12000, Written: 12000, Bytes: 11_834_567, Retried: 14, WrittenThrough: 12000, Duration: 3249 * time.Millisecond},
			"wrote 12,000 records (11.8 MB) to orders in 3.2s: 14 retried, 0 rejected",
			"records 1 to 12,000 of the input are written; resume with --skip 12000",
		},
		{
			writer.Summary{Read: 1, Written: 1, Bytes: 999, WrittenThrough: 1, Duration: 59940 * time.Millisecond},
			"wrote 1 record (999 B) to orders in 59.9s: 0 retried, 0 rejected",
			"record 1 of the input is written; resume with --skip 1",
		},
		{
			writer.Summary{Read: 1500, Written: 1003, Bytes: 1395, Retried: 500, Rejected: 400, PossiblyTwice: 1200, PossibleCopies: 1300, Unsure: 97, WrittenThrough: 1000, Duration: 5*time.Minute + 12400*time.Millisecond},
			"wrote 1,003 records (1.4 kB) to orders in 5m12s: 500 retried, 400 rejected, 1,200 possibly written more than once (up to 1,300 copies too many)",
			"records 1 to 1,000 of the input are written, and 3 later records; 97 more may have been written; resume with --skip 1000, which writes the later records again",
		},
		{
			writer.Summary{Read: 5, Rejected: 1, Duration: 61 * time.Minute},
			"wrote 0 records (0 B) to orders in 1h1m: 0 retried, 1 rejected",
			"no record of the input is written",
		},
		{
			writer.Summary{Read: 5, Written: 1, Rejected: 4},
			"wrote 1 record (0 B) to orders in 0.0s: 0 retried, 4 rejected",
			"the first record of the input is not written, but 1 later record is",
		},
	} {
		if got := Wrote(tt.summary, "arn:aws:kinesis:us-east-1:000000000000:stream/orders"); got != tt.wrote {
			t.Errorf("got  %s\nwant %s", got, tt.wrote)
		}
		if got := ProgressOf(tt.summary, "", 0); got != tt.progress {
			t.Errorf("got  %s\nwant %s", got, tt.progress)
		}
	}
}

func TestWriteBar(t *testing.T) {
	for _, tt := range []struct {
		name       string
		read, size int64
		summary    writer.Summary
		skip       int64
		took       time.Duration
		want       string
	}{
		{"nothing read yet", 0, 1000, writer.Summary{}, 0, time.Second, ""},
		{"half of it read, a quarter written", 500, 1000, writer.Summary{Read: 40_000, Written: 19_000, Rejected: 1000, Bytes: 19_000_000}, 0, 10 * time.Second,
			"[=====               ]  25 %  19,000 records  1,900/s  1.9 MB/s  30s left"},
		{"what was skipped does not count", 500, 1000, writer.Summary{Read: 40_000, Written: 10_000, Bytes: 10_000_000}, 30_000, 10 * time.Second,
			"[====                ]  20 %  10,000 records  1,000/s  1.0 MB/s  40s left"},
		{"all of it", 1000, 1000, writer.Summary{Read: 100, Written: 100, Bytes: 100}, 0, time.Second,
			"[====================] 100 %  100 records  100/s  100 B/s"},
		{"longer than a duration can be", 1, 1 << 50, writer.Summary{Read: 1, Written: 1, Bytes: 100}, 0, 24 * time.Hour,
			"[                    ]   0 %  1 records  0/s  0 B/s"},
	} {
		if got := barText(tt.read, tt.size, tt.summary, tt.skip, tt.took); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestWriteProgressWithAFileOfRejectedRecords(t *testing.T) {
	for _, tt := range []struct {
		summary writer.Summary
		want    string
	}{
		{writer.Summary{Read: 1500, WrittenThrough: 1500, Unsure: 3}, "records 1 to 1,500 of the input are each written or saved in failed; 3 of those in the file may also have been written"},
		{writer.Summary{Read: 1500}, "no record of the input is written or saved in failed"},
	} {
		if got := ProgressOf(tt.summary, "failed", 0); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestWriteRateValues(t *testing.T) {
	for text, want := range map[string]flags.WriteRate{
		"100/s": {Text: "100/s", Records: 100}, "2.5/s": {Text: "2.5/s", Records: 2.5}, "1mb/s": {Text: "1mb/s", Bytes: 1e6},
		"1.5MiB/s": {Text: "1.5MiB/s", Bytes: 1.5 * (1 << 20)}, "unlimited": {Text: "unlimited", Unlimited: true},
	} {
		var got flags.WriteRate
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "100", "/s", "-1/s", "0/s", "nan/s", "inf/s", "0b/s", "1mb"} {
		var got flags.WriteRate
		if err := got.Set(text); err == nil {
			t.Errorf("%s: accepted as %+v", text, got)
		}
	}
}

func TestWriteProgressAfterSkippedRecords(t *testing.T) {
	for _, tt := range []struct {
		summary writer.Summary
		want    string
	}{
		{writer.Summary{Read: 1040, Written: 30, Unsure: 2, WrittenThrough: 1010}, "records 1 to 1,010 of the input are written, and 20 later records; 2 more may have been written; resume with --skip 1010, which writes the later records again"},
		{writer.Summary{Read: 1040, Written: 10, WrittenThrough: 1010}, "records 1 to 1,010 of the input are written; resume with --skip 1010"},
		{writer.Summary{Read: 600, WrittenThrough: 600}, "records 1 to 600 of the input are written; resume with --skip 600"},
	} {
		if got := ProgressOf(tt.summary, "", 1000); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
