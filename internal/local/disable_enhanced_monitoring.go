package local

import "slices"

// disableEnhancedMonitoring forgets some of the shard-level metrics that
// enableEnhancedMonitoring remembers.
func (e *Endpoint) disableEnhancedMonitoring(c *call) error {
	return e.changeMonitoring(c, func(have, named []string) []string {
		return slices.DeleteFunc(slices.Clone(have), func(m string) bool { return slices.Contains(named, m) })
	})
}
