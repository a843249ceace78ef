package local

import "slices"

// The filter types of ListShards, by their place in a token.
var shardFilters = []string{
	"", "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP",
}

// A page of ListShards holds 1000 shards whatever MaxResults says.
const shardPage = 1000

// listShards answers a page of the shards that are open or within retention,
// in the order of their IDs, with all filters and the strict rules of the API:
// a NextToken goes with MaxResults and nothing else, and lives 300 seconds of
// the endpoint's clock. A filter of another kind than its members is refused,
// as is a time in the future; a time before the trim horizon means the trim
// horizon.
func (e *Endpoint) listShards(c *call) error {
	a := c.args
	most := a.whole("MaxResults", whole{min: 1, max: maxShards}, shardPage)
	after := a.text("ExclusiveStartShardId", text{min: 1, max: 128, pattern: namePattern})
	created, byCreation := a.time("StreamCreationTimestamp")
	next := a.text("NextToken", text{min: 1, max: 1048576})
	filter := a.shardFilter()
	now := e.millis()

	var s *stream
	var t token
	var err error
	if a.has("NextToken") {
		s, t, err = e.continueShards(c, next, now)
		filter = shardFilter{kind: shardFilters[t.filter], time: t.time}
	} else {
		if !a.has("StreamName") && !a.has("StreamARN") && a.problem() == nil {
			return invalidArgument("Either NextToken or StreamName should be provided.")
		}
		s, err = e.target(c)
	}
	if err == nil {
		err = filter.check(now)
	}
	if err != nil {
		return err
	}
	if byCreation {
		if err := s.wasCreated(created); err != nil {
			return err
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.listShardsRate.allow(e.Now().UnixNano(), 1) {
		return limitExceeded("Rate exceeded for stream %s under account %s.", s.name, Account)
	}
	if state := s.state(now); state == creating || state == deleting {
		return inUse("Stream %s under account %s is in state %s.", s.name, Account, state)
	}
	s.forget(now)
	faulty := c.pagesFault()
	if faulty.repeats {
		t.number = 0
	}
	tokenAt := func(number int) token {
		return token{
			kind: kindShards, made: now, stream: s.id, name: s.name, number: uint64(number),
			filter: byte(slices.Index(shardFilters, filter.kind)), time: filter.time,
		}
	}
	rest := tokenAt(len(s.shards))
	out := struct {
		NextToken string `json:",omitempty"`
		Shards    []shardDescription
	}{Shards: []shardDescription{}}
	if filter.after > after {
		after = filter.after
	}
	for i := int(t.number); i < len(s.shards); i++ {
		sh := s.shards[i]
		if sh == nil || sh.id <= after || !filter.takes(s, sh, now) {
			continue
		}
		if faulty.empty || len(out.Shards) == min(most, shardPage) {
			rest = tokenAt(i)
			out.NextToken = rest.sealed(e.key)
			break
		}
		out.Shards = append(out.Shards, sh.describe())
	}
	out.NextToken = faulty.next(e, out.NextToken, tokenAt(0), rest)
	return c.reply(out)
}

// continueShards reads a NextToken of ListShards. The filter of the first call
// is in it.
func (e *Endpoint) continueShards(c *call, next string, now int64) (*stream, token, error) {
	if err := c.args.problem(); err != nil {
		return nil, token{}, err
	}
	for _, other := range []string{"StreamName", "StreamARN", "StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"} {
		if c.args.has(other) {
			return nil, token{}, invalidArgument("NextToken and %s cannot be provided together.", other)
		}
	}
	t, err := e.openNext(c, next, kindShards, now)
	if err != nil {
		return nil, token{}, err
	}
	s, err := e.stream(t.name)
	if err == nil && s.id != t.stream {
		err = streamNotFound(t.name)
	}
	return s, t, err
}

// shardFilter is the ShardFilter of a request.
type shardFilter struct {
	kind  string // "" = none
	after string
	time  int64 // ms
	err   error
}

func (a *arguments) shardFilter() shardFilter {
	in := a.structure("ShardFilter", false)
	if in == nil {
		return shardFilter{}
	}
	var f shardFilter
	f.kind = in.text("Type", text{required: true, enum: shardFilters[1:]})
	f.after = in.text("ShardId", text{min: 1, max: 128, pattern: namePattern})
	var timed bool
	f.time, timed = in.time("Timestamp")
	a.adopt("ShardFilter", in)

	wantsTime := f.kind == "AT_TIMESTAMP" || f.kind == "FROM_TIMESTAMP"
	switch {
	case f.kind == "AFTER_SHARD_ID" && f.after == "":
		f.err = invalidArgument("ShardFilter type AFTER_SHARD_ID requires ShardId.")
	case f.kind != "AFTER_SHARD_ID" && f.after != "":
		f.err = invalidArgument("ShardId cannot be specified with ShardFilter type %s.", f.kind)
	case wantsTime && !timed:
		f.err = invalidArgument("ShardFilter type %s requires Timestamp.", f.kind)
	case !wantsTime && timed:
		f.err = invalidArgument("Timestamp cannot be specified with ShardFilter type %s.", f.kind)
	}
	return f
}

func (f shardFilter) check(now int64) error {
	if f.err == nil && f.time > now {
		return inTheFuture(f.time, now)
	}
	return f.err
}

// takes says whether the filter lets a shard through. The caller holds s.mu.
func (f shardFilter) takes(s *stream, sh *shard, now int64) bool {
	horizon := s.trimHorizon(now)
	switch f.kind {
	case "AT_TRIM_HORIZON":
		// Half open, so that the shards of one moment never overlap.
		return sh.created <= horizon && (sh.closed == 0 || sh.closed > horizon)
	case "AT_LATEST":
		return sh.closed == 0
	case "AT_TIMESTAMP":
		at := max(f.time, horizon)
		return sh.created <= at && (sh.closed == 0 || sh.closed >= at)
	case "FROM_TIMESTAMP":
		return sh.closed == 0 || sh.closed >= max(f.time, horizon)
	}
	return true
}
