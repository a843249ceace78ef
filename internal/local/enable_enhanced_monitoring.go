package local

import "slices"

// enableEnhancedMonitoring remembers which shard-level metrics are wanted, for
// the descriptions of the stream. There are no metrics.
func (e *Endpoint) enableEnhancedMonitoring(c *call) error {
	return e.changeMonitoring(c, func(have, named []string) []string {
		return slices.DeleteFunc(slices.Clone(shardMetrics), func(m string) bool {
			return !slices.Contains(have, m) && !slices.Contains(named, m)
		})
	})
}
