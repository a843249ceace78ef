package local

// starting is the requested starting position in a shard. GetShardIterator and SubscribeToShard
// accept the same five types and refuse the same mistakes.
type starting struct {
	call     string // the operation, for messages
	kind     string
	sequence string // "" = none
	at       int64  // ms
	timed    bool   // whether at is set
}

var startingTypes = []string{"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"}

// start returns the index of the first record to read. stuck means that reading there never
// returns a record. The caller holds the locks of the stream and the shard.
func (e *Endpoint) start(s *stream, sh *shard, p starting, now int64) (index uint64, stuck bool, err error) {
	wantsSequence := p.kind == "AT_SEQUENCE_NUMBER" || p.kind == "AFTER_SEQUENCE_NUMBER"
	switch {
	case wantsSequence && p.sequence == "":
		return 0, false, startingArguments(p.kind, "no")
	case !wantsSequence && p.sequence != "":
		return 0, false, startingArguments(p.kind, "also a")
	case wantsSequence:
		return e.startAt(s, sh, p, now)
	case p.kind == "LATEST":
		return sh.next, false, nil
	case p.kind == "TRIM_HORIZON":
		return 0, false, nil // means the oldest record at the time of the read
	case !p.timed:
		return 0, false, invalidArgument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. " +
			"Current request has no timestamp parameter.")
	case p.at > now:
		return 0, false, inTheFuture(p.at, now)
	}
	return sh.since(p.at), false, nil
}

// startAt implements start for a sequence number.
func (e *Endpoint) startAt(s *stream, sh *shard, p starting, now int64) (index uint64, stuck bool, err error) {
	q, ok := parseSequence(p.sequence)
	where := "StartingSequenceNumber " + p.sequence + " used in " + p.call + " on shard " + sh.id +
		" in stream " + s.name + " under account " + Account
	switch {
	case !ok:
		return 0, false, invalidArgument("%s is invalid.", where)
	case q.shard != sh.number:
		return 0, false, invalidArgument("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s",
			shardID(q.shard), sh.id)
	case q.epoch != sh.epoch:
		return 0, false, invalidArgument("%s is invalid because it did not come from this stream.", where)
	}
	if q.index > 0 {
		index = q.index - 1
	}
	if index < sh.oldest {
		// A continuation sequence number of an idle shard is newer than the record before it.
		// If it is within retention, no record after it was trimmed.
		trimmed := q.second*1000 < s.trimHorizon(now)
		switch {
		case trimmed && e.options.Trimmed == TrimmedError:
			return 0, false, invalidArgument("%s is invalid because it is older than the trim horizon.", where)
		case trimmed && e.options.Trimmed == TrimmedEmpty:
			return index, true, nil
		}
		return sh.oldest, false, nil
	}
	if index >= sh.next {
		return sh.next, false, nil
	}
	after := p.kind == "AFTER_SEQUENCE_NUMBER"
	if order := sh.sequence(index, sh.at(index).arrival).compare(q); order < 0 || order == 0 && after {
		index++
	}
	return index, false, nil
}

func startingArguments(kind, number string) error {
	return invalidArgument("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.", kind, number)
}

func inTheFuture(at, now int64) error {
	return invalidArgument("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "+
		"timestampInMillis: %d, currentTimestampInMillis: %d", at, now)
}
