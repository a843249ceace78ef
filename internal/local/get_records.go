package local

import (
	"strconv"
)

const (
	maxRecords   = 10000
	maxReadBytes = 10 * mib
)

// getRecords returns the next page of a shard: up to Limit records and 10 MiB of data and
// partition keys. MillisBehindLatest is the age of the next record after the page, or 0 if
// there is none. At the end of a closed shard the response has ChildShards and no
// NextShardIterator. It also has the last records unless Options.EndAlone is set.
//
// With limits on, a shard has 5 calls a second and a bucket of 10 MiB that refills at 2 MiB a
// second. A page that is larger than the bucket's content is refused: after a full page, a
// second one of that size needs a wait of 5 seconds.
//
// Not implemented: the service's empty pages in the middle of a shard, for which there is a
// fault, and encryption, of which only the type is returned.
func (e *Endpoint) getRecords(c *call) error {
	a := c.args
	iterator := a.text("ShardIterator", text{required: true, min: 1, max: 512})
	limit := a.whole("Limit", whole{min: 1, max: maxRecords}, maxRecords)
	streamARN := a.text("StreamARN", arn)
	dry := a.flag("DryRun")
	if err := a.problem(); err != nil {
		return err
	}
	t, ok := openToken(iterator, kindIterator, e.key)
	if !ok {
		return invalidArgument("Invalid ShardIterator.")
	}
	now := e.millis()
	if now-t.made > iteratorLife.Milliseconds() {
		return expiredIterator(t.made, now)
	}
	if c.script.kind == "expired-iterator" {
		return expiredIterator(now-iteratorLife.Milliseconds()-1000, now)
	}
	s, err := e.stream(t.name)
	if err != nil || s.id != t.stream {
		return shardNotFound(shardID(t.shard), t.name)
	}
	if streamARN != "" {
		if named, err := e.named("", streamARN); err != nil {
			return err
		} else if named != s {
			return invalidArgument("ShardIterator is not of stream %s.", streamARN)
		}
	}
	r, err := e.read(s, t, limit, now, dry, c.script.kind == "empty")
	if err != nil {
		return err
	}
	c.out = r.append(c.out[:0], e.key)
	return nil
}

// reading is the result of GetRecords, or an event of a subscription. It can be encoded without
// a lock.
type reading struct {
	page    page
	shard   *shard
	next    *token   // for GetRecords; nil = the shard has ended
	ended   []*shard // the ChildShards at the end of a shard
	behind  int64    // ms; -1 = no MillisBehindLatest
	encrypt string   // see encryptionMember
}

// read reads a page of a shard and counts it towards the shard's limits. With empty the page
// has no records.
func (e *Endpoint) read(s *stream, t token, limit int, now int64, dry, empty bool) (*reading, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sh := s.shard(t.shard, now)
	if sh == nil {
		return nil, shardNotFound(shardID(t.shard), s.name)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.trim(s.trimHorizon(now))

	r := &reading{shard: sh, encrypt: s.encryptionMember()}
	if !t.stuck && !empty {
		r.page = sh.page(t.number, limit, maxReadBytes)
	}
	tick := e.Now().UnixNano()
	if !sh.meters.reads.fits(tick, 1) || !sh.meters.readBytes.fits(tick, float64(r.page.bytes)) {
		return nil, throttled(sh.id, s.name)
	}
	if dry {
		return nil, dryRun()
	}
	sh.meters.reads.take(1)
	sh.meters.readBytes.take(float64(r.page.bytes))

	next := t
	next.made = now
	r.next = &next
	switch {
	case t.stuck:
		r.behind = int64(s.retention) * 3_600_000
	case empty:
		r.behind = max(1000, sh.behind(max(t.number, sh.oldest), now))
	default:
		next.number = r.page.first + uint64(r.page.count)
		r.behind = sh.behind(next.number, now)
		if sh.closed != 0 && next.number == sh.next && (r.page.count == 0 || !e.options.EndAlone) {
			r.next, r.ended = nil, sh.children
		}
	}
	if e.options.OmitChildShards {
		r.ended = nil
	}
	if e.options.OmitMillisBehindLatest {
		r.behind = -1
	}
	return r, nil
}

// behind returns the age of the record at an index in milliseconds, at least 1. It returns 0 if
// there is no such record yet. The caller holds mu.
func (s *shard) behind(index uint64, now int64) int64 {
	if index >= s.next {
		return 0
	}
	return max(1, now-s.at(index).arrival)
}

// append encodes the response. It needs no lock: nothing that it reads changes any longer. A
// shard's children are complete as soon as there are any.
func (r *reading) append(dst []byte, key []byte) []byte {
	dst = r.appendBehind(r.appendRecords(append(dst, '{')))
	if r.next != nil {
		dst = append(dst, `,"NextShardIterator":"`...)
		dst = r.next.append(dst, key)
		dst = append(dst, '"')
	}
	return append(r.appendChildren(dst), '}')
}

func (r *reading) appendRecords(dst []byte) []byte {
	dst = append(dst, `"Records":[`...)
	index := r.page.first
	for _, part := range r.page.parts {
		for i := range part {
			if index > r.page.first {
				dst = append(dst, ',')
			}
			dst = part[i].append(dst, r.shard.sequence(index, part[i].arrival), r.encrypt)
			index++
		}
	}
	return append(dst, ']')
}

func (r *reading) appendBehind(dst []byte) []byte {
	if r.behind >= 0 {
		dst = append(dst, `,"MillisBehindLatest":`...)
		dst = strconv.AppendInt(dst, r.behind, 10)
	}
	return dst
}

func (r *reading) appendChildren(dst []byte) []byte {
	for i, child := range r.ended {
		if i == 0 {
			dst = append(dst, `,"ChildShards":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = child.appendChild(dst)
		if i == len(r.ended)-1 {
			dst = append(dst, ']')
		}
	}
	return dst
}

func (r *record) append(dst []byte, q sequence, encrypt string) []byte {
	dst = append(dst, `{"SequenceNumber":"`...)
	dst = q.append(dst)
	dst = append(dst, `","ApproximateArrivalTimestamp":`...)
	dst = appendSeconds(dst, r.arrival)
	dst = append(dst, `,"Data":"`...)
	dst = appendBase64(dst, r.data)
	dst = append(dst, `","PartitionKey":`...)
	dst = appendString(dst, r.key)
	dst = append(dst, encrypt...)
	return append(dst, '}')
}

// appendChild encodes a shard as a ChildShard.
func (s *shard) appendChild(dst []byte) []byte {
	dst = append(dst, `{"ShardId":"`...)
	dst = append(dst, s.id...)
	dst = append(dst, `","ParentShards":["`...)
	dst = append(dst, s.parent...)
	if s.adjacent != "" {
		dst = append(dst, `","`...)
		dst = append(dst, s.adjacent...)
	}
	dst = append(dst, `"],"HashKeyRange":{"StartingHashKey":"`...)
	dst = append(dst, s.start.String()...)
	dst = append(dst, `","EndingHashKey":"`...)
	dst = append(dst, s.last.String()...)
	return append(dst, `"}}`...)
}
