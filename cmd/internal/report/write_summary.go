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

// Wrote returns the summary line of a run.
func Wrote(s writer.Summary, stream string) string {
	text := fmt.Sprintf("wrote %s (%s) to %s in %s: %s retried, %s rejected", words.Count(s.Written, "record"),
		words.Bytes(s.Bytes), record.ParseStream(stream).Name, words.Lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
	return text + PossiblyTwice(s.PossiblyTwice, s.PossibleCopies)
}

// PossiblyTwice returns the part of a summary about records that the stream may have more
// than once. copies is the maximum number of extra copies. It is empty if records is 0.
func PossiblyTwice(records, copies int64) string {
	switch {
	case records == 0:
		return ""
	case copies > records:
		return fmt.Sprintf(", %s possibly written more than once (up to %s too many)", humanize.Comma(records), words.Count(copies, "copy"))
	}
	return ", " + humanize.Comma(records) + " possibly written twice"
}

// PrintShards prints, with -v, what was written to each shard.
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

// PrintElsewhere prints how many records of --shard went to other shards. That happens if
// the shard is split or merged during the run.
func PrintElsewhere(c *console.Console, shards []writer.ShardSummary, shard string) {
	for _, s := range shards {
		if s.Written > 0 && s.ShardID != shard {
			c.Info(fmt.Sprintf("%s was split or merged during the run: %s went to %s, which has their hash key now", shard, words.Count(s.Written, "record"), s.ShardID))
		}
	}
}

// ProgressOf returns the line about how far a run came that did not write everything.
// failed is the file of rejected records, or "". skipped is the number of records of
// --skip.
func ProgressOf(s writer.Summary, failed string, skipped int64) string {
	if failed != "" {
		return progressWithRejected(s, failed)
	}
	text := "no record of the input is written"
	beyond := s.Written - (s.WrittenThrough - min(skipped, s.WrittenThrough))
	switch {
	case s.WrittenThrough > 0 && beyond > 0:
		text = throughText(s.WrittenThrough) + ", and " + words.Count(beyond, "later record")
	case s.WrittenThrough > 0:
		text = throughText(s.WrittenThrough)
	case beyond == 1:
		text = "the first record of the input is not written, but 1 later record is"
	case beyond > 1:
		text = fmt.Sprintf("the first record of the input is not written, but %s after it are", words.Count(beyond, "record"))
	}
	switch {
	case s.Unsure > 0 && s.WrittenThrough == 0 && beyond <= 0:
		text = fmt.Sprintf("no record of the input is known to be written; %s may have been written", words.Count(s.Unsure, "record"))
	case s.Unsure > 0:
		text += fmt.Sprintf("; %s more may have been written", humanize.Comma(s.Unsure))
	}
	if s.WrittenThrough > 0 {
		text += fmt.Sprintf("; resume with --skip %d", s.WrittenThrough)
		if beyond > 0 {
			text += ", which writes the later records again"
		}
	}
	return text
}

// PrintFailing prints the last failure if a signal ended the run. Such a run prints no
// error.
func PrintFailing(ctx context.Context, c *console.Console, w *writer.Writer) {
	if last := w.Failing(); last != nil && ctx.Err() != nil {
		c.Print("the last failure: " + last.Error())
	}
}

// progressWithRejected is ProgressOf for a run with --failed: every record that it has
// settled is written or in the file.
func progressWithRejected(s writer.Summary, failed string) string {
	text := fmt.Sprintf("records 1 to %s of the input are each written or saved in %s", humanize.Comma(s.WrittenThrough), failed)
	if s.WrittenThrough == 0 {
		text = "no record of the input is written or saved in " + failed
	}
	if s.Unsure > 0 {
		text += fmt.Sprintf("; %s of those in the file may also have been written", humanize.Comma(s.Unsure))
	}
	return text
}

// throughText states that the first n records of the input are written.
func throughText(n int64) string {
	if n == 1 {
		return "record 1 of the input is written"
	}
	return fmt.Sprintf("records 1 to %s of the input are written", humanize.Comma(n))
}
