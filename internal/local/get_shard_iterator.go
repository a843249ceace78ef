package local

// getShardIterator answers an iterator of any of the five types for an open or
// closed shard within retention. A sequence number has to be of this shard of
// this incarnation of the stream; it need not be one of a record. What one out
// of retention gets is Options.Trimmed. A time in the future is refused. With
// limits on, a shard has 5 calls a second.
func (e *Endpoint) getShardIterator(c *call) error {
	a := c.args
	id := a.text("ShardId", shardName)
	kind := a.text("ShardIteratorType", text{required: true, enum: []string{
		"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON",
	}})
	start := a.text("StartingSequenceNumber", text{pattern: sequencePattern})
	at, timed := a.time("Timestamp")
	dry := a.flag("DryRun")
	s, err := e.target(c)
	if err != nil {
		return err
	}
	number, ok := shardNumber(id)
	if !ok {
		return shardUnknown(id, s.name)
	}
	now := e.millis()
	s.mu.RLock()
	defer s.mu.RUnlock()
	sh := s.shard(number, now)
	if sh == nil || s.state(now) == creating {
		return shardNotFound(shardID(number), s.name)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(s.trimHorizon(now))

	t := token{kind: kindIterator, made: now, stream: s.id, shard: number, name: s.name}
	wantsSequence := kind == "AT_SEQUENCE_NUMBER" || kind == "AFTER_SEQUENCE_NUMBER"
	switch {
	case wantsSequence && start == "":
		return iteratorArguments(kind, "no")
	case !wantsSequence && start != "":
		return iteratorArguments(kind, "also a")
	case wantsSequence:
		t.number, t.stuck, err = e.startAt(s, sh, start, kind == "AFTER_SEQUENCE_NUMBER")
	case kind == "LATEST":
		t.number = sh.next
	case kind == "TRIM_HORIZON":
		t.number = 0 // whatever is oldest when it is used
	case !timed:
		err = invalidArgument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. " +
			"Current request has no timestamp parameter.")
	case at > now:
		err = inTheFuture(at, now)
	default:
		t.number = sh.since(at)
	}
	if err != nil {
		return err
	}
	if !sh.meters.iterators.allow(e.Now().UnixNano(), 1) {
		return throttled(sh.id, s.name)
	}
	if dry {
		return dryRun()
	}
	return c.reply(map[string]string{"ShardIterator": t.sealed(e.key)})
}

// startAt is the index of the record at (or after) a sequence number. stuck
// means that there will never be anything to read there. The caller holds the
// locks of the stream and the shard.
func (e *Endpoint) startAt(s *stream, sh *shard, text string, after bool) (index uint64, stuck bool, err error) {
	q, ok := parseSequence(text)
	where := "StartingSequenceNumber " + text + " used in GetShardIterator on shard " + sh.id +
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
		switch e.options.Trimmed {
		case TrimmedError:
			return 0, false, invalidArgument("%s is invalid because it is older than the trim horizon.", where)
		case TrimmedEmpty:
			return index, true, nil
		}
		return sh.oldest, false, nil
	}
	if index >= sh.next {
		return sh.next, false, nil
	}
	if order := sh.sequence(index, sh.at(index).arrival).compare(q); order < 0 || order == 0 && after {
		index++
	}
	return index, false, nil
}

func iteratorArguments(kind, number string) error {
	return invalidArgument("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.", kind, number)
}

func inTheFuture(at, now int64) error {
	return invalidArgument("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "+
		"timestampInMillis: %d, currentTimestampInMillis: %d", at, now)
}
