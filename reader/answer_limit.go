package reader

import (
	"context"
	"fmt"

	"kin/internal/bodysize"
)

// answerLimit is what one fetch has of the buffer. While nothing is known of the records,
// it takes more when the answer turns out to need it. If that does not fit, the answer is
// refused before it is in memory, and asked for again with the room it needs. So shards
// that are idle are fetched side by side, and one that is not keeps the bound.
type answerLimit struct {
	room  grower // nil where the size is known, or cannot be limited
	taken int64
}

// grower is a Room that can give more to an answer that is on its way.
type grower interface{ tryTake(size int64) bool }

// limitAnswer returns the limit of a fetch that took room.
func limitAnswer(p *pace, room Room, taken int64) *answerLimit {
	l := &answerLimit{taken: taken}
	if p.record == 0 && p.refused == 0 {
		l.room, _ = room.(grower)
	}
	return l
}

// context is that of the GetRecords of the fetch.
func (l *answerLimit) context(ctx context.Context) context.Context {
	if l.room == nil {
		return ctx
	}
	return bodysize.WithCheck(ctx, l.check)
}

// check takes the room of an answer. The error is an *answerSizeError.
func (l *answerLimit) check(bytes int64) error {
	needs := inFlight * bytes
	if more := needs - l.taken; more > 0 {
		if !l.room.tryTake(more) {
			return &answerSizeError{bytes, needs}
		}
		l.taken = needs
	}
	return nil
}

// answerSizeError means that an answer was refused: the buffer has no room for it now.
type answerSizeError struct{ bytes, needs int64 }

func (e *answerSizeError) Error() string {
	return fmt.Sprintf("the answer has %d bytes, and the buffer has no room for it now", e.bytes)
}
