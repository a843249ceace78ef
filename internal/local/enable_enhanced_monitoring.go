package local

import "slices"

// enableEnhancedMonitoring stores the names of the enabled shard-level metrics. The
// descriptions of the stream return them.
//
// Not implemented: the metrics themselves.
func (e *Endpoint) enableEnhancedMonitoring(c *call) error {
	return e.changeMonitoring(c, func(have, named []string) []string {
		return slices.DeleteFunc(slices.Clone(shardMetrics), func(m string) bool {
			return !slices.Contains(have, m) && !slices.Contains(named, m)
		})
	})
}
