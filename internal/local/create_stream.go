package local

// createStream makes a stream of ShardCount shards with equal hash key ranges,
// CREATING for Options.CreatingDelay. An ON_DEMAND stream has 4 shards and
// never scales by itself. With limits on, an account has at most 20,000 shards
// and five streams in CREATING.
//
// Left out: WarmThroughputMiBps is not looked at.
func (e *Endpoint) createStream(c *call) error {
	a := c.args
	name := a.text("StreamName", text{required: true, min: 1, max: 128, pattern: namePattern})
	shards := a.whole("ShardCount", whole{min: 1}, 0)
	recordKiB := a.whole("MaxRecordSizeInKiB", whole{min: defaultRecordKiB, max: maxRecordKiB}, defaultRecordKiB)
	distribution := a.text("RecordDistributionStrategy", text{enum: []string{autoDistribution, userPartitionKey}})
	mode := a.mode(false)
	tags := a.tags(false)
	if err := a.problem(); err != nil {
		return err
	}
	switch {
	case mode == onDemand && shards != 0:
		return invalid("ShardCount cannot be specified for an ON_DEMAND stream.")
	case mode == onDemand:
		shards = 4
	case shards == 0:
		return invalid("ShardCount must be specified for a PROVISIONED stream.")
	case distribution == autoDistribution:
		return invalid("RecordDistributionStrategy AUTO is only supported for ON_DEMAND streams.")
	}
	if err := addTags(map[string]string{}, tags); err != nil {
		return err
	}
	now := e.millis()
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.streams[name]; s != nil && !s.isDeleted(now) {
		return inUse("Stream %s under account %s already exists.", name, Account)
	}
	if err := e.checkShardLimit(c, shards); err != nil {
		return err
	}
	if e.options.Limits != LimitsOff && e.creatingStreams(now) >= 5 {
		return limitExceeded("Account %s already has 5 streams in CREATING status.", Account)
	}
	s := e.newStream(name, shards, now+e.options.CreatingDelay.Milliseconds())
	s.recordKiB, s.tags = recordKiB, tags
	if mode != "" {
		s.mode = mode
	}
	if distribution != "" {
		s.distribution = distribution
	}
	return nil
}

// mode takes StreamModeDetails; it is empty when that is absent.
func (a *arguments) mode(required bool) string {
	details := a.structure("StreamModeDetails", required)
	if details == nil {
		return ""
	}
	mode := details.text("StreamMode", text{required: true, enum: []string{provisioned, onDemand}})
	a.adopt("StreamModeDetails", details)
	return mode
}

const shardLimit = 20000

// checkShardLimit refuses more shards than the account may have. The caller
// holds e.mu, and no stream's lock.
func (e *Endpoint) checkShardLimit(c *call, more int) error {
	if e.options.Limits == LimitsOff {
		return nil
	}
	count := 0
	for _, s := range e.streams {
		s.mu.RLock()
		count += len(s.open)
		s.mu.RUnlock()
	}
	if count+more <= shardLimit {
		return nil
	}
	return limitExceeded("This request would exceed the shard limit for the account %s in %s. Current shard count for the "+
		"account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. Refer to the "+
		"AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "+
		"and how to request higher limits.", Account, c.region, count, shardLimit, more)
}

func (e *Endpoint) creatingStreams(now int64) int {
	n := 0
	for _, s := range e.streams {
		s.mu.RLock()
		if s.state(now) == creating {
			n++
		}
		s.mu.RUnlock()
	}
	return n
}
