package local

import (
	"fmt"
	"slices"
)

var shardMetrics = []string{
	"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
	"ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
}

func (e *Endpoint) changeMonitoring(c *call, change func(have, named []string) []string) error {
	named := c.args.texts("ShardLevelMetrics", 1, 7)
	for _, m := range named {
		if m != "ALL" && !slices.Contains(shardMetrics, m) {
			c.args.violate("ShardLevelMetrics", quoted(fmt.Sprint(named)),
				fmt.Sprintf("Member must satisfy constraint: [Member must satisfy enum value set: %v]", append([]string{"ALL"}, shardMetrics...)))
			break
		}
	}
	if slices.Contains(named, "ALL") {
		named = shardMetrics
	}
	s, err := e.target(c)
	if err != nil {
		return err
	}
	now := e.millis()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mustBeActive(now); err != nil {
		return err
	}
	before := append([]string{}, s.metrics...)
	s.metrics = append([]string{}, change(s.metrics, named)...)
	s.change(updating, now+e.options.UpdatingDelay.Milliseconds())
	return c.reply(struct {
		StreamName               string
		StreamARN                string
		CurrentShardLevelMetrics []string
		DesiredShardLevelMetrics []string
	}{s.name, s.arn(c), before, s.metrics})
}
