package transfer

import (
	"context"
	"errors"
	"fmt"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/writer"
)

// A checkpoint lists records that a run need not read again. That holds for one destination
// only: the stream that was copied into, or the output of kin read.

// exactTime is RFC 3339 with milliseconds, because streams of the same name may differ only
// there.
const exactTime = "2006-01-02T15:04:05.000Z07:00"

// RefuseCopyCheckpoint returns a *checkpoint.UnusableError if the checkpoint belongs to a copy. A
// run that does not copy must not use it, because the copy would miss the records of the run.
func RefuseCopyCheckpoint(ctx context.Context, file *checkpoint.Handle) error {
	saved, err := file.Load(ctx)
	if err != nil || saved.Destination == nil {
		return err
	}
	return &checkpoint.UnusableError{
		Path: file.Path(), Reason: "it belongs to a copy into " + saved.Destination.Name + "; that copy would miss the records that this run reads",
		Next: "name another file",
	}
}

// Identify returns the name, ARN and creation time of a stream. The ARN is empty and the time is
// zero if they are not known: the caller may not describe the stream. If a call has no answer for 5
// s, info is called with a message about it. Errors are those of writer.Identity.
func Identify(ctx context.Context, client writer.MetadataClient, stream string, info func(string)) (checkpoint.Destination, error) {
	arn, created, err := writer.Identity(ctx, client, stream, info)
	named := record.ParseStream(stream)
	if arn == "" {
		arn = named.ARN
	}
	return checkpoint.Destination{Name: named.Name, ARN: arn, CreatedAt: record.Time{Time: created}}, err
}

// ReserveCheckpoint returns a function that reserves a checkpoint for copies into to. That function
// returns a *checkpoint.UnusableError if the checkpoint belongs to copies into another stream.
func ReserveCheckpoint(to checkpoint.Destination, info func(string)) func(context.Context, *checkpoint.Handle) error {
	return func(ctx context.Context, file *checkpoint.Handle) error {
		saved, err := file.Load(ctx)
		if err != nil {
			return err
		}
		switch was := saved.Destination; {
		case was == nil && file.Existed():
			info(fmt.Sprintf("the checkpoint names no destination: records that were read with it before may be missing in %s", to.Name))
		case was == nil:
		case was.ARN != "" && to.ARN != "" && was.ARN != to.ARN, was.Name != to.Name:
			return &checkpoint.UnusableError{
				Path: file.Path(), Reason: fmt.Sprintf("it belongs to a copy into %s, and %s does not have the records of that copy", another(*was, to), to.Name),
				Next: "name another file: the copy then begins at --from",
			}
		case !was.CreatedAt.IsZero() && !to.CreatedAt.IsZero() && !was.CreatedAt.Equal(to.CreatedAt.Time):
			return &checkpoint.UnusableError{
				Path: file.Path(), Reason: fmt.Sprintf("%s was created at %s, but earlier copies went into a stream created at %s: the new stream does not have their records", to.Name,
					to.CreatedAt.Format(exactTime), was.CreatedAt.Format(exactTime)),
				Next: "name another file: the copy then begins at --from",
			}
		}
		if was := saved.Destination; was != nil && (was.CreatedAt.IsZero() || to.CreatedAt.IsZero()) {
			missing := "the checkpoint has no creation time of " + to.Name
			if to.CreatedAt.IsZero() {
				missing = "DescribeStreamSummary returned no creation time for " + to.Name
			}
			info(missing + ": kin did not check whether the stream was deleted and created again since the last copy")
		}
		if was := saved.Destination; was != nil { // keep what the service returned earlier
			if to.ARN == "" {
				to.ARN = was.ARN
			}
			if to.CreatedAt.IsZero() {
				to.CreatedAt = was.CreatedAt
			}
		}
		file.SetDestination(to)
		return nil
	}
}

// ExplainRecreated returns a *checkpoint.UnusableError if err means that the destination was
// deleted and created again during the run. The checkpoint at path then lists records that the new
// stream does not have. It returns other errors unchanged, and every error if path is empty: there
// is no checkpoint.
func ExplainRecreated(path string, err error) error {
	var deleted *writer.DeletedError
	if path == "" || !errors.As(err, &deleted) || !deleted.Again {
		return err
	}
	return &checkpoint.UnusableError{
		Path: path, Reason: deleted.Error() + ", and does not have the records of earlier copies",
		Next: "name another file: the copy then begins at --from",
	}
}

// another returns a name for the stream was that differs from to: its name or its ARN.
func another(was, to checkpoint.Destination) string {
	if was.Name != to.Name {
		return was.Name
	}
	return was.ARN
}
