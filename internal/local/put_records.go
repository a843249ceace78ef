package local

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	maxEntries  = 500
	maxPutBytes = 10 * mib
)

// putRecords stores up to 500 records and 10 MiB of data and partition keys,
// each in the open shard its hash key belongs to. A request that breaks a rule
// stores nothing. With limits on, a shard takes 1,000 records and 1 MiB a
// second; entries beyond that fail one by one with
// ProvisionedThroughputExceededException while later ones may succeed, and the
// call answers 200.
func (e *Endpoint) putRecords(c *call) error {
	r, err := parsePutRecords(c)
	if err != nil {
		return err
	}
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.serves(now); err != nil {
		return err
	}
	if s.distribution != autoDistribution {
		if err := r.needKeys(c.args); err != nil {
			return err
		}
	}
	total := 0
	for i := range r.puts {
		if err := s.fits(&r.puts[i]); err != nil {
			return err
		}
		total += r.puts[i].size()
	}
	if total > maxPutBytes {
		return invalidArgument("Records size exceeds 10 MB limit")
	}
	if c.args.flag("DryRun") {
		return dryRun()
	}
	e.storeAll(c, s, r.puts, now)
	return nil
}

// storeAll stores the records and writes the response. The caller holds s.mu.
func (e *Endpoint) storeAll(c *call, s *stream, puts []put, now int64) {
	failed := 0
	out := append(c.out[:0], `{"Records":[`...)
	for i := range puts {
		if i > 0 {
			out = append(out, ',')
		}
		var written stored
		ok := !c.script.throttles(i)
		if ok {
			written, ok = e.store(s, &puts[i], now)
		} else {
			written.shard = s.route(puts[i].hash)
		}
		if !ok {
			failed++
			out = append(out, `{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":`...)
			out = appendString(out, rateExceeded(written.shard.id, s.name))
			out = append(out, '}')
			continue
		}
		out = append(out, `{"SequenceNumber":"`...)
		out = written.sequence.append(out)
		out = append(out, `","ShardId":"`...)
		out = append(out, written.shard.id...)
		out = append(out, `"}`...)
	}
	out = append(out, `],"FailedRecordCount":`...)
	out = strconv.AppendInt(out, int64(failed), 10)
	out = append(out, s.encryptionMember()...)
	c.out = append(out, '}')
}

// throttles says whether a partial fault refuses the entry at an index.
func (s script) throttles(i int) bool {
	if s.kind != "partial" {
		return false
	}
	if s.indexes == nil {
		return i%2 == 1
	}
	for _, one := range s.indexes {
		if one == i {
			return true
		}
	}
	return false
}

// putRequest is a PutRecords request. The records' data share one allocation
// and their keys another.
type putRequest struct {
	puts  []put
	keyed []bool
}

// rawEntry is an entry as it stands in the request.
type rawEntry struct {
	data, key, hash member
}

// member is the raw text of a JSON string.
type member struct {
	raw              []byte
	present, escaped bool
}

// parsePutRecords reads the request, and sets c.args to its other members.
func parsePutRecords(c *call) (*putRequest, error) {
	var entries []rawEntry
	count, dataLen, listed := 0, 0, false
	c.args = &arguments{members: map[string]json.RawMessage{}}
	s := scanner{text: c.body}
	err := s.object(func(name []byte) error {
		if string(name) != "Records" {
			s.peek()
			start := s.at
			key := string(name)
			if err := s.skip(); err != nil {
				return err
			}
			c.args.members[key] = s.text[start:s.at]
			return nil
		}
		if s.null() {
			return nil
		}
		listed = true
		return s.array(func() error {
			var one rawEntry
			if err := one.scan(&s); err != nil {
				return err
			}
			if count++; count <= maxEntries { // more are refused anyway
				entries = append(entries, one)
				dataLen += base64.StdEncoding.DecodedLen(len(one.data.raw))
			}
			return nil
		})
	})
	if err != nil || !s.end() {
		return nil, fail("SerializationException", "the request body is not a PutRecords request in JSON")
	}
	if !listed {
		c.args.violate("Records", "null", "Member must not be null")
	} else {
		c.args.count("Records", "["+strconv.Itoa(count)+" entries]", count, 1, maxEntries)
	}
	return decodeEntries(c.args, entries, dataLen)
}

func (r *rawEntry) scan(s *scanner) error {
	return s.object(func(name []byte) error {
		var m *member
		switch string(name) {
		case "Data":
			m = &r.data
		case "PartitionKey":
			m = &r.key
		case "ExplicitHashKey":
			m = &r.hash
		default:
			return s.skip()
		}
		if s.null() {
			return nil
		}
		var err error
		m.raw, m.escaped, err = s.string()
		m.present = true
		return err
	})
}

// text is the member's text; it is part of the request unless it is escaped.
func (m *member) text() []byte {
	if m.escaped {
		return unescape(m.raw)
	}
	return m.raw
}

func decodeEntries(a *arguments, entries []rawEntry, dataLen int) (*putRequest, error) {
	r := &putRequest{puts: make([]put, len(entries)), keyed: make([]bool, len(entries))}
	slab := make([]byte, dataLen)
	var keys bytes.Buffer
	ends := make([]int, len(entries))
	for i := range entries {
		one := &entries[i]
		at := func(name string) string { return fmt.Sprintf("records.%d.member.%s", i+1, name) }
		if !one.data.present {
			a.violate(at("data"), "null", "Member must not be null")
		}
		n, err := base64.StdEncoding.Decode(slab, one.data.text())
		if err != nil {
			return nil, notBase64()
		}
		r.puts[i].data, slab = slab[:n:n], slab[n:]
		if n > maxRecordKiB<<10 {
			a.violations = append(a.violations, tooLong(at("data"), n))
		}

		key := one.key.text()
		keys.Write(key)
		ends[i] = keys.Len()
		r.keyed[i] = one.key.present
		if length := utf8.RuneCount(key); one.key.present && length < 1 {
			a.violate(at("partitionKey"), quoted(string(key)), "Member must have length greater than or equal to 1")
		} else if length > 256 {
			a.violate(at("partitionKey"), quoted(string(key)), "Member must have length less than or equal to 256")
		}
		if one.hash.present {
			hash := one.hash.text()
			if !hashKeyPattern.Match(hash) {
				a.violate(at("explicitHashKey"), quoted(string(hash)),
					`Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`)
			} else if r.puts[i].hash, err = hashKeyOf("", string(hash)); err != nil {
				return nil, err
			}
		} else {
			r.puts[i].hash = hashOf(key)
		}
	}
	all, start := keys.String(), 0
	for i, end := range ends {
		r.puts[i].key, start = all[start:end], end
	}
	return r, nil
}

// needKeys refuses entries without a partition key.
func (r *putRequest) needKeys(a *arguments) error {
	for i, keyed := range r.keyed {
		if !keyed {
			a.violate(fmt.Sprintf("records.%d.member.partitionKey", i+1), "null", "Member must not be null")
		}
	}
	return a.problem()
}

func tooLong(member string, n int) string {
	return violation(member, fmt.Sprintf("'java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]'", n, n),
		fmt.Sprintf("Member must have length less than or equal to %d", maxRecordKiB<<10))
}
