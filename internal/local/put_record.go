package local

import "encoding/base64"

// putRecord stores one record in the open shard of its hash key. The hash key is
// ExplicitHashKey or the MD5 of PartitionKey. With limits on, a shard accepts 1,000 records and
// 1 MiB a second.
//
// SequenceNumberForOrdering must be a well-formed sequence number. It has no other effect,
// because the sequence numbers of a shard always increase here.
func (e *Endpoint) putRecord(c *call) error {
	a := c.args
	var p put
	var data string
	if a.member("Data", true, "Blob", &data) {
		var err error
		if p.data, err = base64.StdEncoding.DecodeString(data); err != nil {
			return notBase64()
		}
		if len(p.data) > maxRecordKiB<<10 {
			a.violations = append(a.violations, tooLong("data", len(p.data)))
		}
	}
	p.key = a.text("PartitionKey", text{min: 1, max: 256})
	hash := a.text("ExplicitHashKey", text{pattern: hashKeyPattern})
	ordering := a.text("SequenceNumberForOrdering", text{pattern: sequencePattern})
	dry := a.flag("DryRun")
	if !a.has("PartitionKey") && !e.isAuto(a) {
		a.needs("PartitionKey")
	}
	s, err := e.target(c)
	if err != nil {
		return err
	}
	if p.hash, err = hashKeyOf(p.key, hash); err != nil {
		return err
	}
	if ordering != "" {
		if _, ok := parseSequence(ordering); !ok {
			return invalidArgument("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.",
				ordering, s.name, Account)
		}
	}

	now := e.millis()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.serves(now); err != nil {
		return err
	}
	if err := s.fits(&p); err != nil {
		return err
	}
	if dry {
		return dryRun()
	}
	stored, ok := e.store(s, &p, now)
	if !ok {
		return throttled(stored.shard.id, s.name)
	}
	c.out = append(c.out[:0], `{"SequenceNumber":"`...)
	c.out = stored.sequence.append(c.out)
	c.out = append(c.out, `","ShardId":"`...)
	c.out = append(c.out, stored.shard.id...)
	c.out = append(c.out, '"')
	c.out = append(c.out, s.encryptionMember()...)
	c.out = append(c.out, '}')
	return nil
}

// put is a record that is about to be stored.
type put struct {
	data []byte
	key  string
	hash hashKey
}

func (p *put) size() int { return len(p.data) + len(p.key) }

// stored is the shard and the sequence number of a record. For a refused record it has only the
// shard.
type stored struct {
	shard    *shard
	sequence sequence
}

// store stores one record in its shard. It returns false if the record would exceed the shard's
// limits. It keeps p's data. The caller holds s.mu for reading.
func (e *Endpoint) store(s *stream, p *put, now int64) (stored, bool) {
	var sh *shard
	if s.distribution == autoDistribution {
		sh = s.open[int(s.turn.Add(1)-1)%len(s.open)]
	} else {
		sh = s.route(p.hash)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.meters.writes.limits != LimitsOff {
		tick := e.Now().UnixNano()
		size := float64(p.size())
		if !sh.meters.writes.fits(tick, 1) || !sh.meters.writeBytes.fits(tick, size) {
			return stored{shard: sh}, false
		}
		sh.meters.writes.take(1)
		sh.meters.writeBytes.take(size)
	}
	if len(sh.segments) > 0 && len(sh.segments[len(sh.segments)-1]) == segmentSize {
		sh.trim(s.trimHorizon(now)) // once a segment, for streams that are never read
	}
	return stored{sh, sh.append(record{p.data, p.key, now})}, true
}

// fits returns an error if a record is larger than the stream allows. The caller holds mu.
func (s *stream) fits(p *put) error {
	if p.size() > s.recordKiB<<10 {
		return invalidArgument("Record size of %d bytes, data and partition key, exceeds the maximum record size of %d KiB of stream %s under account %s.",
			p.size(), s.recordKiB, s.name, Account)
	}
	return nil
}

// isAuto reports whether the stream of a request has the distribution strategy AUTO. Its records
// need no partition key. It returns false for an unknown stream.
func (e *Endpoint) isAuto(a *arguments) bool {
	probe := &arguments{members: a.members}
	s, err := e.target(&call{args: probe})
	if err != nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.distribution == autoDistribution
}

func hashKeyOf(key, explicit string) (hashKey, error) {
	if explicit == "" {
		return hashOf([]byte(key)), nil
	}
	h, ok := parseHashKey([]byte(explicit))
	if !ok {
		return h, invalidArgument("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", explicit)
	}
	return h, nil
}

func notBase64() error {
	return fail("SerializationException", "Data can not be converted to a Blob: it is not base64")
}
