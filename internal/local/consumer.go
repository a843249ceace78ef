package local

import (
	"maps"
	"strconv"
)

// consumer is a registered stream consumer. Its stream's lock guards it.
type consumer struct {
	name     string
	epoch    int64 // second of registration, in its ARN; unique for a name
	ready    int64 // ms: when CREATING or DELETING ends
	deleting bool
	tags     map[string]string
	links    map[uint32]*link // by shard
}

// link is the state of a consumer for one shard. All its subscriptions share it.
type link struct {
	calls   meter         // of SubscribeToShard
	bytes   meter         // pushed
	current *subscription // the latest one, open or not
}

func (o *consumer) link(limits Limits, shard uint32) *link {
	l := o.links[shard]
	if l == nil {
		l = &link{calls: newMeter(limits, 1, 1), bytes: newMeter(limits, 2*mib, 2*mib)}
		o.links[shard] = l
	}
	return l
}

// isDeleted reports whether the deletion of a deregistered consumer is complete.
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

// settleConsumers removes the consumers whose deletion is complete. The caller holds mu for
// writing.
func (s *stream) settleConsumers(now int64) {
	maps.DeleteFunc(s.consumers, func(_ string, o *consumer) bool { return o.isDeleted(now) })
}

// consumerByARN returns the consumer with the given NAME:EPOCH, the end of its ARN, or nil.
func (s *stream) consumerByARN(id string) *consumer {
	for _, o := range s.consumers {
		if o.id() == id {
			return o
		}
	}
	return nil
}

func (o *consumer) id() string { return o.name + ":" + strconv.FormatInt(o.epoch, 10) }

// consumerDescription is a consumer in the API's form. Only DescribeStreamConsumer sets
// StreamARN.
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

// withConsumer calls do with the consumer of a request and returns its error. The request names
// it by ConsumerARN, by StreamARN and ConsumerName, or by all three if they agree. do runs
// with the stream's lock held. rate limits the calls.
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
