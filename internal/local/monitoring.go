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
	r := struct {
		StreamName               string
		StreamARN                string
		CurrentShardLevelMetrics []string
		DesiredShardLevelMetrics []string
	}{}
	if err := e.update(c, func(s *stream, _ int64) error {
		r.StreamName, r.StreamARN = s.name, s.arn(c)
		r.CurrentShardLevelMetrics = append([]string{}, s.metrics...)
		s.metrics = append([]string{}, change(s.metrics, named)...)
		r.DesiredShardLevelMetrics = append([]string{}, s.metrics...)
		return nil
	}); err != nil {
		return err
	}
	return c.reply(r)
}
