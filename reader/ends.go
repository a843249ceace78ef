package reader

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/validate"
)

// EndError means that an answer which ends a shard is not believed, and nothing of
// it is used: the caller asks again from where the answer began.
type EndError struct {
	Reason string
	// Anew says that the caller should ask in a new way: the same one got this
	// answer before.
	Anew bool
}

func (e *EndError) Error() string { return e.Reason }

// doubtfulEnds are the ends of a shard that its answers contradict.
type doubtfulEnds struct {
	behind int    // ends in a row from one position that say there is more to read
	from   string // that position
}

// mostBehindEnds is how many answers in a row have to end a shard from one position,
// and say that there is more to read, until the end is believed.
const mostBehindEnds = 3

// EndedInto confirms that a response ends the shard, which was read up to at, and
// returns the shard's children, which may be missing. It asks ListShards unless the
// response is in itself as documented and a listing of this run has shown that the
// shard is closed, or one of the children. A shard that is open there has not ended:
// a listing that lags catches up while the caller asks again.
//
// An end with a MillisBehindLatest above zero contradicts itself: records may be left.
// Other implementations of the service may have a stale one there. So such an end
// of a closed shard is believed when it keeps coming, and that is reported.
//
// The KCL takes an end for broken that has no children, or children without parents
// (DataRetrievalUtil.java). Other implementations end a shard without children:
// ListShards decides alone. Children that do not name their parents are not used:
// such a child would not wait for its other parent after a merge.
func (a *Assignment) EndedInto(ctx context.Context, at checkpoint.Shard, resp *Response) ([]types.ChildShard, error) {
	children := resp.Children
	if len(children) == 0 || slices.ContainsFunc(children, func(c types.ChildShard) bool { return !validate.Child(c) }) {
		children = nil
	}
	behind := aws.ToInt64(resp.MillisBehindLatest)
	if children != nil && behind == 0 && a.s.hasSeenEnd(a.shard, children) {
		return children, nil
	}
	if err := a.s.refresh(ctx); err != nil {
		return nil, err
	}
	if err := a.doubt(at, behind); err != nil {
		return nil, err
	}
	if behind > 0 {
		a.Say(fmt.Sprintf("%s/%s: the service ended the shard %d times in a row with MillisBehindLatest %d: kin takes it as ended, because ListShards shows it as closed",
			a.s.ref.Name, a.shard, mostBehindEnds, behind))
	}
	return children, nil
}

// doubt returns an *EndError where the end of the shard is not to be believed yet.
func (a *Assignment) doubt(at checkpoint.Shard, behind int64) error {
	d := &a.ends
	if from := describe(at) + " " + at.Continuation; behind == 0 || from != d.from {
		d.behind, d.from = 0, from
	}
	if behind > 0 {
		d.behind++
	}
	switch {
	case a.s.isOpen(a.shard):
		return &EndError{Reason: "the answer ends a shard that is open"}
	case behind > 0 && d.behind < mostBehindEnds:
		return &EndError{fmt.Sprintf("the answer ends a shard with MillisBehindLatest %d", behind), d.behind > 1}
	}
	return nil
}
