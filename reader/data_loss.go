package reader

import (
	"fmt"
	"strings"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
)

// DataLossError means that records were trimmed, or may have been, before the
// run could read them.
type DataLossError struct {
	Stream string
	gaps   []lineage.Gap
	gone   string // of a shard that is not there any more, in words
}

func (e *DataLossError) Error() string {
	if e.gone != "" {
		return e.gone
	}
	lines := make([]string, 0, len(e.gaps))
	for _, g := range e.gaps {
		lines = append(lines, GapMessage(e.Stream, g))
	}
	const most = 5
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("and so it is with %d more shards of %s", n-most, e.Stream))
	}
	return strings.Join(lines, "\n")
}

// Unusable is true; it marks the error for those who do not import the type.
func (e *DataLossError) Unusable() bool { return true }

// Hint says what to do next.
func (e *DataLossError) Hint() string {
	return "--allow-data-loss goes on from the oldest record that is left"
}

// GapMessage is a gap in words.
func GapMessage(stream string, g lineage.Gap) string {
	return fmt.Sprintf("records of %s/%s that arrived between %s and %s may be gone: the checkpoint stood still for longer than the stream retains them",
		stream, g.Shard, g.From.UTC().Format(time.RFC3339), g.To.UTC().Format(time.RFC3339))
}

// GoneMessage says that a shard is no longer listed and was read up to a position.
func GoneMessage(stream, shard string, at checkpoint.Shard) string {
	return fmt.Sprintf("%s/%s is no longer retained; what it held beyond %s is gone", stream, shard, describe(at))
}
