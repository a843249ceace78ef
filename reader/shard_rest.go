package reader

import (
	"context"

	"kin/internal/checkpoint"
)

// SeemsClosed says whether the listings so far show that the shard takes no more
// records: one calls it closed, or a shard descends from it. It makes no call.
func (a *Assignment) SeemsClosed() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	return shard != nil && (shard.Closed || a.s.lineage.HasChildren(shard.ID))
}

// IsClosed asks ListShards whether the shard takes no more records. A shard that
// is no longer listed takes none. It retries as the run does.
func (a *Assignment) IsClosed(ctx context.Context) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	return !a.s.isOpen(a.shard), nil
}

// Poll returns a source that reads the shard with GetRecords from a position on,
// for one that cannot read it further in its own way. The position's continuation
// is not used: its last record, or the place where reading began, is as good.
func (a *Assignment) Poll(at checkpoint.Shard) Source {
	at.Continuation = ""
	p := newPolling(a)
	p.at = at
	return p
}
