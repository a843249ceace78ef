package report

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"

	"kin/cmd/internal/console"
	"kin/internal/record"
	"kin/internal/words"
	"kin/writer"
)

// Wrote is the line that says what a run has done.
func Wrote(s writer.Summary, stream string) string {
	text := fmt.Sprintf("wrote %s (%s) to %s in %s: %s retried, %s rejected", words.Count(s.Written, "record"),
		words.Bytes(s.Bytes), record.ParseStream(stream).Name, words.Lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
	return text + PossiblyTwice(s.PossiblyTwice, s.PossibleCopies)
}

// PossiblyTwice is the part of a summary about records that the stream may hold more
// often than once; empty where there are none.
func PossiblyTwice(records, copies int64) string {
	switch {
	case records == 0:
		return ""
	case copies > records:
		return fmt.Sprintf(", %s possibly twice or more often (up to %s too many)", humanize.Comma(records), words.Count(copies, "copy"))
	}
	return ", " + humanize.Comma(records) + " possibly twice"
}

// PrintShards prints, with -v, what was done on each shard.
func PrintShards(c *console.Console, shards []writer.ShardSummary, stream string) {
	if !c.IsVerbose {
		return
	}
	for _, s := range shards {
		name := s.ShardID
		if name == "" {
			name = "shard unknown"
		}
		text := fmt.Sprintf("%s/%s: %s written (%s), %s retried, %s rejected", record.ParseStream(stream).Name, name, words.Count(s.Written, "record"), words.Bytes(s.Bytes),
			humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
		c.Print(text + PossiblyTwice(s.PossiblyTwice, s.PossibleCopies))
	}
}

// PrintElsewhere prints where records went that were led to one shard: that may be
// split, or merged, while they are written.
func PrintElsewhere(c *console.Console, shards []writer.ShardSummary, shard string) {
	for _, s := range shards {
		if s.Written > 0 && s.ShardID != shard {
			c.Info(fmt.Sprintf("%s was split or merged during the run: %s went to %s, which has their hash key now", shard, words.Count(s.Written, "record"), s.ShardID))
		}
	}
}

// ProgressOf is the line that says how far a run came that did not write all.
// failed is the file with the records that were given up, if there is one.
// skipped is how many records of the input were passed over.
func ProgressOf(s writer.Summary, failed string, skipped int64) string {
	if failed != "" {
		return progressWithRejected(s, failed)
	}
	text := "no record of the input is written"
	beyond := s.Written - (s.WrittenThrough - min(skipped, s.WrittenThrough))
	switch {
	case s.WrittenThrough > 0 && beyond > 0:
		text = fmt.Sprintf("records 1 to %s of the input are written, and %s after them", humanize.Comma(s.WrittenThrough), words.Count(beyond, "record"))
	case s.WrittenThrough > 0:
		text = fmt.Sprintf("everything up to record %s of the input is written", humanize.Comma(s.WrittenThrough))
	case beyond == 1:
		text = "the first record of the input is not written, but 1 later record is"
	case beyond > 1:
		text = fmt.Sprintf("the first record of the input is not written, but %s after it are", words.Count(beyond, "record"))
	}
	switch {
	case s.Unsure > 0 && s.WrittenThrough == 0 && beyond <= 0:
		text = fmt.Sprintf("no record of the input is known to be written; %s may be", words.Count(s.Unsure, "record"))
	case s.Unsure > 0:
		text += fmt.Sprintf("; %s more may be", humanize.Comma(s.Unsure))
	}
	return text
}

// PrintFailing prints what failed when a signal ended a run, which prints no error.
func PrintFailing(ctx context.Context, c *console.Console, w *writer.Writer) {
	if last := w.Failing(); last != nil && ctx.Err() != nil {
		c.Print("the last failure: " + last.Error())
	}
}

// progressWithRejected is ProgressOf for a run that saves what it gives up: all it has
// read is in one of the two places.
func progressWithRejected(s writer.Summary, failed string) string {
	text := fmt.Sprintf("each of the records 1 to %s of the input is written or in %s", humanize.Comma(s.WrittenThrough), failed)
	if s.WrittenThrough == 0 {
		text = "no record of the input is written or in " + failed
	}
	if s.Unsure > 0 {
		text += fmt.Sprintf("; %s of those in the file may also be written", humanize.Comma(s.Unsure))
	}
	return text
}
