package transfer

import (
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"

	"kin/internal/words"
	"kin/writer"
)

// withSource adds to an error which record of the source it is about.
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

// Left returns a message about records that are, or may be, in the destination
// although their batch was not finished; "" if there are none. committed is the
// number of records in finished batches. checkpointed says that the run has a
// checkpoint: the next run with it writes those records again. Call it after End.
func (c *Copier) Left(committed int64, checkpointed bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	written, unsure := c.sum.Written-(committed-c.rejected), c.sum.Unsure
	if c.o.Rejected != nil {
		unsure -= c.o.Rejected.UnsureRecords() // of those it is said where they are
	}
	switch {
	case !checkpointed && unsure > 0:
		return words.Count(unsure, "record") + " more may be written: their requests had no answer"
	case !checkpointed, written <= 0 && unsure <= 0:
		return ""
	}
	const again = ": the next run writes them again"
	switch {
	case written <= 0:
		return words.Count(unsure, "record") + " may be written beyond the checkpoint" + again
	case unsure > 0:
		return fmt.Sprintf("%s beyond the checkpoint, and %s more may be%s", areWritten(written), humanize.Comma(unsure), again)
	}
	return areWritten(written) + " beyond the checkpoint" + again
}

func areWritten(records int64) string {
	if records == 1 {
		return "1 record is written"
	}
	return words.Count(records, "record") + " are written"
}
