package reader

import (
	"strings"
	"testing"
	"testing/synctest"
)

func TestFault10OneShardIsNotCalledByAPlural(t *testing.T) {
	for want, shards := range map[string][]*fakeShard{
		"orders: reading 1 shard, from ":  {{id: "a"}},
		"orders: reading 2 shards, from ": {{id: "a"}, {id: "b"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var said lines
			o := testOptions()
			o.AvailableNow, o.Detail = true, said.say
			if _, err := collectRun(t.Context(), t, newFake(shards...), o); err != nil {
				t.Error(err)
			}
			if !strings.Contains(said.text(), want) {
				t.Errorf("no %q in %q", want, said.text())
			}
		})
	}
}
