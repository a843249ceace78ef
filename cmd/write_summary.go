package cmd

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"

	"kin/internal/record"
	"kin/internal/words"
	"kin/writer"
)

// wrote is the line that says what a run has done.
func wrote(s writer.Summary, stream string) string {
	text := fmt.Sprintf("wrote %s (%s) to %s in %s: %s retried, %s rejected", words.Count(s.Written, "record"),
		words.Bytes(s.Bytes), record.ParseStream(stream).Name, words.Lasted(s.Duration), humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
	return text + twice(s.PossiblyTwice, s.PossibleCopies)
}

// twice is the part of a summary about records that the stream may hold more
// often than once; empty where there are none.
func twice(records, copies int64) string {
	switch {
	case records == 0:
		return ""
	case copies > records:
		return fmt.Sprintf(", %s possibly twice or more often (up to %s too many)", humanize.Comma(records), words.Count(copies, "copy"))
	}
	return ", " + humanize.Comma(records) + " possibly twice"
}

// sayShards says, to those who want to hear more, what was done on each shard.
func sayShards(e *env, shards []writer.ShardSummary, stream string) {
	if !e.IsVerbose {
		return
	}
	for _, s := range shards {
		name := s.ShardID
		if name == "" {
			name = "no shard known"
		}
		text := fmt.Sprintf("%s/%s: %s written (%s), %s retried, %s rejected", record.ParseStream(stream).Name, name, words.Count(s.Written, "record"), words.Bytes(s.Bytes),
			humanize.Comma(s.Retried), humanize.Comma(s.Rejected))
		e.Print(text + twice(s.PossiblyTwice, s.PossibleCopies))
	}
}

// sayElsewhere says where records went that were led to one shard: that may be
// split, or merged, while they are written.
func sayElsewhere(e *env, shards []writer.ShardSummary, o *writeOptions) {
	if !o.given("shard") {
		return
	}
	for _, s := range shards {
		if s.Written > 0 && s.ShardID != o.shard.Text {
			e.Info(fmt.Sprintf("%s was split or merged meanwhile: %s went to %s, which has their hash key now", o.shard.Text, words.Count(s.Written, "record"), s.ShardID))
		}
	}
}

// standing is the line that says how far a run came that did not write all.
// failed is the file with the records that were given up, if there is one.
// skipped is how many records of the input were passed over.
func standing(s writer.Summary, failed string, skipped int64) string {
	if failed != "" {
		return savedStanding(s, failed)
	}
	text := "nothing of the input is written"
	beyond := s.Written - (s.WrittenThrough - min(skipped, s.WrittenThrough))
	switch {
	case s.WrittenThrough > 0 && beyond > 0:
		text = fmt.Sprintf("everything up to record %s of the input is written, and %s behind it", humanize.Comma(s.WrittenThrough), words.Count(beyond, "record"))
	case s.WrittenThrough > 0:
		text = fmt.Sprintf("everything up to record %s of the input is written", humanize.Comma(s.WrittenThrough))
	case beyond == 1:
		text = "the first record of the input is not written, and 1 record behind it is"
	case beyond > 1:
		text = fmt.Sprintf("the first record of the input is not written, and %s behind it are", words.Count(beyond, "record"))
	}
	switch {
	case s.Unsure > 0 && s.WrittenThrough == 0 && beyond <= 0:
		text = fmt.Sprintf("no record of the input is known to be written; %s may be", words.Count(s.Unsure, "record"))
	case s.Unsure > 0:
		text += fmt.Sprintf("; %s more may be", humanize.Comma(s.Unsure))
	}
	return text
}

// printFailing prints what failed when a signal ended a run, which prints no error.
func printFailing(ctx context.Context, e *env, w *writer.Writer) {
	if last := w.Failing(); last != nil && ctx.Err() != nil {
		e.Print("the last failure: " + last.Error())
	}
}

// savedStanding is standing for a run that saves what it gives up: all it has
// read is in one of the two places.
func savedStanding(s writer.Summary, failed string) string {
	text := fmt.Sprintf("everything up to record %s of the input is written or in %s", humanize.Comma(s.WrittenThrough), failed)
	if s.WrittenThrough == 0 {
		text = "nothing of the input is written or in " + failed
	}
	if s.Unsure > 0 {
		text += fmt.Sprintf("; of those in it, %s may be written too", humanize.Comma(s.Unsure))
	}
	return text
}
