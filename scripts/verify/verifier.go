package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strings"
)

// The kinds of findings.
const (
	missing = iota
	surplus
	disorder
	malformed
	kinds
)

type verifier struct {
	stream   string
	keyed    bool
	encoding string
	shards   map[string]shard // nil = not checked

	lines     map[string]int // by line: how often it is still expected
	written   int
	records   int
	perOutput []int

	last map[string]*big.Int // last sequence number of each shard
	keys map[string]int      // last number of each key

	count    [kinds]int
	findings []string
}

// shard is a shard in the form of `aws kinesis list-shards`.
type shard struct {
	ID             string `json:"ShardId"`
	Parent         string `json:"ParentShardId"`
	AdjacentParent string `json:"AdjacentParentShardId"`
	HashKeyRange   struct{ StartingHashKey, EndingHashKey string }

	children []string
}

// output is a line of `kin read`, with the members in their documented order.
type output struct {
	Stream                      string          `json:"stream"`
	ShardID                     string          `json:"shardId"`
	SequenceNumber              string          `json:"sequenceNumber"`
	PartitionKey                string          `json:"partitionKey"`
	ApproximateArrivalTimestamp string          `json:"approximateArrivalTimestamp"`
	DataEncoding                string          `json:"dataEncoding"`
	Data                        json.RawMessage `json:"data"`
}

var (
	shardID   = regexp.MustCompile(`^shardId-[0-9]{12}$`)
	sequence  = regexp.MustCompile(`^[1-9][0-9]{20,127}$`)
	timestamp = regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$`)
	members   = []string{`{"stream":`, `,"shardId":`, `,"sequenceNumber":`, `,"partitionKey":`,
		`,"approximateArrivalTimestamp":`, `,"dataEncoding":`, `,"data":`}
)

func newVerifier(input, stream, shards string, keyed bool, encoding string) (*verifier, error) {
	v := &verifier{
		stream: stream, keyed: keyed, encoding: encoding,
		lines: map[string]int{}, last: map[string]*big.Int{}, keys: map[string]int{},
	}
	if shards != "" {
		if err := v.readShards(shards); err != nil {
			return nil, err
		}
	}
	return v, lines(input, func(line []byte) error {
		v.lines[string(line)]++
		v.written++
		return nil
	})
}

func (v *verifier) readShards(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var list struct {
		Shards    []shard
		NextToken *string
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(list.Shards) == 0 || list.NextToken != nil {
		return fmt.Errorf("%s: the list of shards is empty or incomplete", name)
	}
	v.shards = map[string]shard{}
	for _, s := range list.Shards {
		v.shards[s.ID] = s
	}
	for _, s := range list.Shards {
		for _, p := range []string{s.Parent, s.AdjacentParent} {
			if parent, ok := v.shards[p]; ok {
				parent.children = append(parent.children, s.ID)
				v.shards[p] = parent
			}
		}
	}
	return nil
}

func (v *verifier) found(kind int, format string, args ...any) {
	v.count[kind]++
	if len(v.findings) < shown {
		v.findings = append(v.findings, fmt.Sprintf(format, args...))
	}
}

// record checks one line of an output.
func (v *verifier) record(line []byte) error {
	v.records++
	var o output
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || d.More() {
		v.found(malformed, "not a JSON object with kin's members (%v): %.200s", err, line)
		return nil
	}
	rest := line
	for _, m := range members {
		i := bytes.Index(rest, []byte(m))
		if i < 0 {
			v.found(malformed, "member %s is missing or out of order: %.200s", m, line)
			return nil
		}
		rest = rest[i+len(m):]
	}
	if o.Stream != v.stream || !shardID.MatchString(o.ShardID) || !sequence.MatchString(o.SequenceNumber) ||
		!timestamp.MatchString(o.ApproximateArrivalTimestamp) || o.PartitionKey == "" {
		v.found(malformed, "a member has an invalid value: %.300s", line)
		return nil
	}
	data, err := o.payload()
	if err != nil || (v.encoding != "" && o.DataEncoding != v.encoding) {
		v.found(malformed, "data does not match dataEncoding (%v): %.300s", err, line)
		return nil
	}
	v.position(o)
	v.payload(o, data)
	return nil
}

// payload returns the record's payload as bytes.
func (o output) payload() ([]byte, error) {
	if o.DataEncoding == "json" {
		return o.Data, nil
	}
	var s string
	if err := json.Unmarshal(o.Data, &s); err != nil {
		return nil, err
	}
	switch o.DataEncoding {
	case "text":
		return []byte(s), nil
	case "base64":
		return base64.StdEncoding.Strict().DecodeString(s)
	}
	return nil, fmt.Errorf("unknown encoding %q", o.DataEncoding)
}

// position checks the order of the record in its shard, its key, and the order of the shards.
func (v *verifier) position(o output) {
	seq, _ := new(big.Int).SetString(o.SequenceNumber, 10)
	if last := v.last[o.ShardID]; last != nil && seq.Cmp(last) <= 0 {
		v.found(disorder, "%s: sequence number %s comes after %s", o.ShardID, seq, last)
	}
	v.last[o.ShardID] = seq
	if v.shards == nil {
		return
	}
	s, ok := v.shards[o.ShardID]
	if !ok {
		v.found(malformed, "%s is not a shard of the stream", o.ShardID)
		return
	}
	start, _ := new(big.Int).SetString(s.HashKeyRange.StartingHashKey, 10)
	end, _ := new(big.Int).SetString(s.HashKeyRange.EndingHashKey, 10)
	sum := md5.Sum([]byte(o.PartitionKey))
	if hash := new(big.Int).SetBytes(sum[:]); hash.Cmp(start) < 0 || hash.Cmp(end) > 0 {
		v.found(malformed, "%s: the key %q belongs to another shard", o.ShardID, o.PartitionKey)
	}
	for _, child := range s.children {
		if v.last[child] != nil {
			v.found(disorder, "%s: a record comes after one of its child %s", o.ShardID, child)
		}
	}
}

// payload checks that the payload is a line that is still expected, and the order of its key.
func (v *verifier) payload(o output, data []byte) {
	if v.lines[string(data)] == 0 {
		v.found(surplus, "never written, or printed too often: %.200q", data)
		return
	}
	v.lines[string(data)]--
	if !v.keyed {
		return
	}
	var k struct {
		Key string `json:"key"`
		N   int    `json:"n"`
	}
	if err := json.Unmarshal(data, &k); err != nil || k.Key == "" {
		v.found(malformed, "the line has no key and number: %.200q", data)
		return
	}
	if k.Key != o.PartitionKey {
		v.found(malformed, "partition key %q, want %q", o.PartitionKey, k.Key)
	}
	if k.N != v.keys[k.Key]+1 {
		v.found(disorder, "key %q: number %d comes after %d", k.Key, k.N, v.keys[k.Key])
	}
	v.keys[k.Key] = k.N
}

// missing counts the lines that are not in the outputs.
func (v *verifier) missing() {
	for line, n := range v.lines {
		if n > 0 {
			v.count[missing] += n - 1
			v.found(missing, "missing: %.200s", strings.ToValidUTF8(line, "\uFFFD"))
		}
	}
}
