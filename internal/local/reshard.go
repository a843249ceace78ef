package local

import "slices"

// split closes an open shard and puts two in its place, the second starting at
// middle. The caller holds st.mu for writing and has checked the arguments.
func (e *Endpoint) split(st *stream, parent *shard, middle hashKey, now int64) {
	i := st.openIndex(parent)
	low, high := e.halves(st, parent, middle, now)
	st.open = slices.Replace(st.open, i, i+1, low, high)
}

// merge closes two open shards, the second right above the first, and puts one
// in their place. The caller holds st.mu for writing and has checked that.
func (e *Endpoint) merge(st *stream, parent, adjacent *shard, now int64) {
	i := st.openIndex(parent)
	st.open = slices.Replace(st.open, i, i+2, e.whole(st, parent, adjacent, now))
}

// openIndex is where an open shard stands among the open ones.
func (s *stream) openIndex(sh *shard) int {
	i, _ := slices.BinarySearchFunc(s.open, sh.start, func(open *shard, start hashKey) int { return open.start.compare(start) })
	return i
}

// halves closes a shard and makes two of it, which the caller opens.
func (e *Endpoint) halves(st *stream, parent *shard, middle hashKey, now int64) (low, high *shard) {
	created := max(now, st.created+1)
	low = e.child(st, created, parent.start, middle.previous(), parent, nil)
	high = e.child(st, created, middle, parent.last, parent, nil)
	return low, high
}

// whole closes two shards and makes one of them, which the caller opens.
func (e *Endpoint) whole(st *stream, parent, adjacent *shard, now int64) *shard {
	return e.child(st, max(now, st.created+1), parent.start, adjacent.last, parent, adjacent)
}

// child makes a shard of its parents and closes them. Its epoch is later than
// theirs, so that sequence numbers grow along the lineage.
func (e *Endpoint) child(st *stream, created int64, start, last hashKey, parent, adjacent *shard) *shard {
	epoch := max(created/1000, parent.epoch+1)
	if adjacent != nil {
		epoch = max(epoch, adjacent.epoch+1)
	}
	e.epochs.Lock()
	e.epochs.last[st.name] = max(epoch, e.epochs.last[st.name])
	e.epochs.Unlock()
	c := st.newShard(e.options.Limits, epoch, created, start, last)
	c.parent = parent.id
	for _, p := range []*shard{parent, adjacent} {
		if p != nil {
			p.closed = created
			p.children = append(p.children, c)
		}
	}
	if adjacent != nil {
		c.adjacent = adjacent.id
	}
	return c
}

// rescale makes target open shards of equal ranges out of the open ones, by
// splits where a boundary is new and merges where one is no longer wanted. As
// in the service there can be shards in between that never hold a record. The
// caller holds st.mu for writing.
func (e *Endpoint) rescale(st *stream, target int, now int64) {
	starts := make([]hashKey, target)
	for i := range starts {
		starts[i] = boundary(i, target)
	}
	split := make([]*shard, 0, max(target, len(st.open)))
	for _, sh := range st.open {
		from, _ := slices.BinarySearchFunc(starts, sh.start.next(), hashKey.compare)
		to := len(starts)
		if sh.last != maxHashKey {
			to, _ = slices.BinarySearchFunc(starts, sh.last.next(), hashKey.compare)
		}
		split = e.splitAt(st, split, sh, starts[from:to], now)
	}
	st.open = split[:0]
	for _, sh := range split { // each is read before its place is taken
		last := len(st.open) - 1
		if _, wanted := slices.BinarySearchFunc(starts, sh.start, hashKey.compare); wanted || last < 0 {
			st.open = append(st.open, sh)
			continue
		}
		st.open[last] = e.whole(st, st.open[last], sh, now)
	}
	clear(split[len(st.open):])
}

// splitAt splits a shard at every one of the sorted places, the middle one
// first, so that lineages stay short, and appends what it became to open.
func (e *Endpoint) splitAt(st *stream, open []*shard, sh *shard, hashKeys []hashKey, now int64) []*shard {
	if len(hashKeys) == 0 {
		return append(open, sh)
	}
	m := len(hashKeys) / 2
	low, high := e.halves(st, sh, hashKeys[m], now)
	open = e.splitAt(st, open, low, hashKeys[:m], now)
	return e.splitAt(st, open, high, hashKeys[m+1:], now)
}
