package cmd

import (
	"testing"
	"time"

	"kin/writer"
)

func TestTheLinesAboutAWrite(t *testing.T) {
	for _, tt := range []struct {
		summary         writer.Summary
		wrote, standing string
	}{
		{
			writer.Summary{Read: 12000, Written: 12000, Bytes: 11_834_567, Retried: 14, WrittenThrough: 12000, Duration: 3249 * time.Millisecond},
			"wrote 12,000 records (11.8 MB) to orders in 3.2s: 14 retried, 0 rejected",
			"everything up to record 12,000 of the input is written",
		},
		{
			writer.Summary{Read: 1, Written: 1, Bytes: 999, WrittenThrough: 1, Duration: 59940 * time.Millisecond},
			"wrote 1 record (999 B) to orders in 59.9s: 0 retried, 0 rejected",
			"everything up to record 1 of the input is written",
		},
		{
			writer.Summary{Read: 1500, Written: 1003, Bytes: 1395, Retried: 500, Rejected: 400, PossiblyTwice: 1200, Unsure: 97, WrittenThrough: 1000, Duration: 5*time.Minute + 12400*time.Millisecond},
			"wrote 1,003 records (1.4 kB) to orders in 5m12s: 500 retried, 400 rejected, 1,200 possibly twice",
			"everything up to record 1,000 of the input is written, and 3 records behind it; 97 more may be",
		},
		{
			writer.Summary{Read: 5, Rejected: 1, Duration: 61 * time.Minute},
			"wrote 0 records (0 B) to orders in 1h1m: 0 retried, 1 rejected",
			"nothing of the input is written",
		},
		{
			writer.Summary{Read: 5, Written: 1, Rejected: 4},
			"wrote 1 record (0 B) to orders in 0.0s: 0 retried, 4 rejected",
			"the first record of the input is not written, and 1 record behind it is",
		},
	} {
		if got := wrote(tt.summary, "arn:aws:kinesis:us-east-1:000000000000:stream/orders"); got != tt.wrote {
			t.Errorf("got  %s\nwant %s", got, tt.wrote)
		}
		if got := standing(tt.summary, ""); got != tt.standing {
			t.Errorf("got  %s\nwant %s", got, tt.standing)
		}
	}
}
