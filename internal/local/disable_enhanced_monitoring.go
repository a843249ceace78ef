package local

import "slices"

// disableEnhancedMonitoring removes shard-level metrics from those that
// enableEnhancedMonitoring stores.
func (e *Endpoint) disableEnhancedMonitoring(c *call) error {
	return e.changeMonitoring(c, func(have, named []string) []string {
		return slices.DeleteFunc(slices.Clone(have), func(m string) bool { return slices.Contains(named, m) })
	})
}
