package transfer

import (
	"context"
	"errors"
	"fmt"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/writer"
)

// A checkpoint says which records a run need not see again, and that is true of
// one destination only: one that was copied into, or whatever kin read printed.

// exactTime is RFC 3339 with the milliseconds in which streams differ.
const exactTime = "2006-01-02T15:04:05.000Z07:00"

// NotOfCopy refuses a checkpoint of a copy to a run that is none: what it reads
// would never be copied.
func NotOfCopy(ctx context.Context, file *checkpoint.Handle) error {
	saved, err := file.Load(ctx)
	if err != nil || saved.Destination == nil {
		return err
	}
	return &checkpoint.UnusableError{
		Path: file.Path(), Reason: "it belongs to a copy into " + saved.Destination.Name + ", which would miss the records of this run",
		Next: "name another file",
	}
}

// Identify returns what identifies a stream. info is called with a
// line about a call that is not answered for 5 s.
func Identify(ctx context.Context, client writer.PlaceClient, stream string, info func(string)) (checkpoint.Destination, error) {
	arn, created, err := writer.Identity(ctx, client, stream, info)
	named := record.ParseStream(stream)
	if arn == "" {
		arn = named.ARN
	}
	return checkpoint.Destination{Name: named.Name, ARN: arn, CreatedAt: record.Time{Time: created}}, err
}

// OfCopyInto dedicates a checkpoint to the copies into to, and refuses one of
// copies into another stream.
func OfCopyInto(to checkpoint.Destination, info func(string)) func(context.Context, *checkpoint.Handle) error {
	return func(ctx context.Context, file *checkpoint.Handle) error {
		saved, err := file.Load(ctx)
		if err != nil {
			return err
		}
		switch was := saved.Destination; {
		case was == nil && file.Existed():
			info(fmt.Sprintf("%s resumes from a checkpoint that names no destination: records that were read with it before may be missing there", to.Name))
		case was == nil:
		case was.ARN != "" && to.ARN != "" && was.ARN != to.ARN, was.Name != to.Name:
			return &checkpoint.UnusableError{
				Path: file.Path(), Reason: fmt.Sprintf("it belongs to a copy into %s, and %s does not have the records of that copy", another(*was, to), to.Name),
				Next: "name another file: the copy then begins at --from",
			}
		case !was.CreatedAt.IsZero() && !to.CreatedAt.IsZero() && !was.CreatedAt.Equal(to.CreatedAt.Time):
			return &checkpoint.UnusableError{
				Path: file.Path(), Reason: fmt.Sprintf("%s, created at %s, is not the stream of the earlier copies, which was created at %s: it does not have their records", to.Name,
					to.CreatedAt.Format(exactTime), was.CreatedAt.Format(exactTime)),
				Next: "name another file: the copy then begins at --from",
			}
		}
		if was := saved.Destination; was != nil && (was.CreatedAt.IsZero() || to.CreatedAt.IsZero()) {
			missing := "the checkpoint has no creation time of " + to.Name
			if to.CreatedAt.IsZero() {
				missing = "DescribeStreamSummary gives no creation time of " + to.Name
			}
			info(missing + ": kin did not check whether the stream was deleted and created again since the last copy")
		}
		if was := saved.Destination; was != nil { // what the service does not say today it said before
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

// OfAnother is the error of a run whose destination was created again meanwhile: the
// checkpoint at path is about records that are not in it. An empty path is none.
func OfAnother(path string, err error) error {
	var deleted *writer.DeletedError
	if path == "" || !errors.As(err, &deleted) || !deleted.Again {
		return err
	}
	return &checkpoint.UnusableError{
		Path: path, Reason: deleted.Error() + ", and does not have the records of earlier copies",
		Next: "name another file: the copy then begins at --from",
	}
}

// another is what to call a stream that is not to: its name, where that says it.
func another(was, to checkpoint.Destination) string {
	if was.Name != to.Name {
		return was.Name
	}
	return was.ARN
}
