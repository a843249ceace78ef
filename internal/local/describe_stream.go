package local

// describeStream returns a stream with a page of its shards, in the order of their IDs. A page
// begins after ExclusiveStartShardId and has up to Limit shards, at most 100. Shards out of
// retention are not included. A stream in CREATING has no shards.
func (e *Endpoint) describeStream(c *call) error {
	limit := c.args.whole("Limit", whole{min: 1, max: maxShards}, 100)
	after := c.args.text("ExclusiveStartShardId", text{min: 1, max: 128, pattern: namePattern})
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)

	d := streamDescription{streamFacts: s.facts(c, now), Shards: []shardDescription{}}
	d.EncryptionType, d.KeyID = s.encryption()
	if s.state(now) != creating {
		for _, sh := range s.shards {
			if sh == nil || sh.id <= after {
				continue
			}
			if len(d.Shards) == min(limit, 100) {
				d.HasMoreShards = true
				break
			}
			d.Shards = append(d.Shards, sh.describe())
		}
	}
	return c.reply(map[string]any{"StreamDescription": d})
}

// streamFacts are the members that both descriptions of a stream have.
type streamFacts struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       streamMode
	StreamCreationTimestamp seconds
	RetentionPeriodHours    int
	EnhancedMonitoring      []enhancedMetrics
}

type streamMode struct{ StreamMode string }

type enhancedMetrics struct{ ShardLevelMetrics []string }

type streamDescription struct {
	streamFacts
	EncryptionType string
	KeyID          string `json:"KeyId,omitempty"`
	HasMoreShards  bool
	Shards         []shardDescription
}

type shardDescription struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId,omitempty"`
	AdjacentParentShardID string `json:"AdjacentParentShardId,omitempty"`
	HashKeyRange          hashKeyRange
	SequenceNumberRange   sequenceNumberRange
}

type hashKeyRange struct {
	StartingHashKey string
	EndingHashKey   string
}

type sequenceNumberRange struct {
	StartingSequenceNumber string
	EndingSequenceNumber   string `json:",omitempty"`
}

// facts returns the members that both descriptions have. The caller holds mu.
func (s *stream) facts(c *call, now int64) streamFacts {
	metrics := s.metrics
	if metrics == nil {
		metrics = []string{}
	}
	return streamFacts{
		StreamName:              s.name,
		StreamARN:               s.arn(c),
		StreamStatus:            s.state(now),
		StreamModeDetails:       streamMode{s.mode},
		StreamCreationTimestamp: seconds(s.created),
		RetentionPeriodHours:    s.retention,
		EnhancedMonitoring:      []enhancedMetrics{{metrics}},
	}
}

func (s *stream) encryption() (kind, key string) {
	if s.kmsKey != "" {
		return "KMS", s.kmsKey
	}
	return "NONE", ""
}

// describe returns a shard in the API's form. The caller holds the stream's lock.
func (s *shard) describe() shardDescription {
	d := shardDescription{
		ShardID:               s.id,
		ParentShardID:         s.parent,
		AdjacentParentShardID: s.adjacent,
		HashKeyRange:          s.keys(),
		SequenceNumberRange:   sequenceNumberRange{StartingSequenceNumber: s.startingSequence().String()},
	}
	if s.closed != 0 {
		d.SequenceNumberRange.EndingSequenceNumber = s.endingSequence().String()
	}
	return d
}

func (s *shard) keys() hashKeyRange { return hashKeyRange{s.start.String(), s.last.String()} }

// encryptionMember returns the JSON member that PutRecord, PutRecords and GetRecords add for an
// encrypted stream. It is "" for other streams. The caller holds mu.
func (s *stream) encryptionMember() string {
	if s.kmsKey == "" {
		return ""
	}
	return `,"EncryptionType":"KMS"`
}
