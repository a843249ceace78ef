package local

import (
	"maps"
	"strconv"
)

// consumer is a registered stream consumer. It is guarded by its stream's
// lock.
type consumer struct {
	name     string
	epoch    int64 // second of registration, in its ARN; never twice for one name
	ready    int64 // ms: when CREATING or DELETING ends
	deleting bool
	tags     map[string]string
	links    map[uint32]*link // by shard
}

// link is what a consumer has with one shard, whoever subscribes.
type link struct {
	calls   meter         // of SubscribeToShard
	bytes   meter         // pushed
	current *subscription // the last that was granted, over or not
}

func (o *consumer) link(limits Limits, shard uint32) *link {
	l := o.links[shard]
	if l == nil {
		l = &link{calls: newMeter(limits, 1, 1), bytes: newMeter(limits, 2*mib, 2*mib)}
		o.links[shard] = l
	}
	return l
}

// isDeleted reports whether a deregistered consumer is not there any more.
func (o *consumer) isDeleted(now int64) bool { return o.deleting && now >= o.ready }

func (o *consumer) state(now int64) string {
	switch {
	case o.deleting:
		return deleting
	case now < o.ready:
		return creating
	}
	return active
}

// settleConsumers forgets the consumers whose deletion is complete. The caller
// holds mu for writing.
func (s *stream) settleConsumers(now int64) {
	maps.DeleteFunc(s.consumers, func(_ string, o *consumer) bool { return o.isDeleted(now) })
}

// consumerByARN finds a consumer by the NAME:EPOCH at the end of its ARN, nil
// when there is none.
func (s *stream) consumerByARN(id string) *consumer {
	for _, o := range s.consumers {
		if o.id() == id {
			return o
		}
	}
	return nil
}

func (o *consumer) id() string { return o.name + ":" + strconv.FormatInt(o.epoch, 10) }

// consumerDescription is how the API shows a consumer; only
// DescribeStreamConsumer tells the stream.
type consumerDescription struct {
	ConsumerName              string
	ConsumerARN               string
	ConsumerStatus            string
	ConsumerCreationTimestamp seconds
	StreamARN                 string `json:",omitempty"`
}

func (s *stream) describeConsumer(c *call, o *consumer, now int64) consumerDescription {
	return consumerDescription{
		ConsumerName:              o.name,
		ConsumerARN:               s.arn(c) + "/consumer/" + o.id(),
		ConsumerStatus:            o.state(now),
		ConsumerCreationTimestamp: seconds(o.epoch * 1000),
	}
}

// withConsumer calls do with the consumer a request names, by ConsumerARN, by
// StreamARN and ConsumerName, or by all three as long as they agree. do runs
// under the stream's lock.
func (e *Endpoint) withConsumer(c *call, rate func(*stream) *meter, do func(*stream, *consumer, int64) error) error {
	byARN := c.args.text("ConsumerARN", arn)
	streamARN := c.args.text("StreamARN", arn)
	name := c.args.text("ConsumerName", text{min: 1, max: 128, pattern: namePattern})
	if err := c.args.problem(); err != nil {
		return err
	}
	var id string
	if byARN != "" {
		r, err := consumerResource(byARN)
		if err != nil {
			return err
		}
		if streamARN != "" {
			if s, ok := parseARN(streamARN); !ok || s.stream != r.stream || s.account != r.account {
				return invalidArgument("StreamARN %s and ConsumerARN %s do not belong together.", streamARN, byARN)
			}
		}
		streamARN, id = r.streamARN(c), r.consumer
	} else if streamARN == "" || name == "" {
		return invalidArgument("Either ConsumerARN or both StreamARN and ConsumerName must be provided.")
	}
	s, err := e.named("", streamARN)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !rate(s).allow(e.Now().UnixNano(), 1) {
		return limitExceeded("Rate exceeded for stream %s under account %s.", s.name, Account)
	}
	s.settleConsumers(now)
	one := s.consumers[name]
	if id != "" {
		one = s.consumerByARN(id)
	}
	switch {
	case one == nil && id != "":
		return notFound("Consumer %s not found.", byARN)
	case one == nil:
		return notFound("Consumer %s under stream %s not found for account %s.", name, s.name, Account)
	case name != "" && name != one.name:
		return invalidArgument("ConsumerName %s and ConsumerARN %s do not belong together.", name, byARN)
	}
	return do(s, one, now)
}
