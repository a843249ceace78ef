package transfer

import (
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"

	"kin/internal/words"
	"kin/writer"
)

// withSource adds the source's shard and sequence number of the first rejected record to an
// error.
func (c *Copier) withSource(err error) error {
	var rejected *writer.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	left := rejected.First - c.first
	for _, b := range c.current {
		if left >= int64(b.Records) {
			left -= int64(b.Records)
			continue
		}
		for frames := b.Data; left >= 0; left-- {
			r, _, rest, torn := cutFrame(frames)
			if torn != nil {
				return errors.Join(err, torn)
			}
			if frames = rest; left == 0 {
				return fmt.Errorf("%s/%s, sequence number %s: %w", r.Stream, r.ShardID, r.SequenceNumber, err)
			}
		}
	}
	return err
}

// UncommittedText returns a message about records beyond the checkpoint, or "". They belong to a
// batch that was not finished. committed is the number of records up to the checkpoint.
// checkpointed is false if the run has no checkpoint.
func (c *Copier) UncommittedText(committed int64, checkpointed bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	written, unsure := c.sum.Written-(committed-c.rejected), c.sum.Unsure
	if c.o.Rejected != nil {
		unsure -= c.o.Rejected.UnsureRecords() // the saved records have a message of their own
	}
	switch {
	case !checkpointed && unsure > 0:
		return words.Count(unsure, "more record") + " may have been written: their requests had no answer"
	case !checkpointed, written <= 0 && unsure <= 0:
		return ""
	}
	const again = ": the next run writes them again"
	switch {
	case written <= 0:
		return words.Count(unsure, "record") + " may have been written beyond the checkpoint" + again
	case unsure > 0:
		return fmt.Sprintf("%s beyond the checkpoint, and %s more may have been written%s", areWritten(written), humanize.Comma(unsure), again)
	}
	return areWritten(written) + " beyond the checkpoint" + again
}

func areWritten(records int64) string {
	if records == 1 {
		return "1 record is written"
	}
	return words.Count(records, "record") + " are written"
}
