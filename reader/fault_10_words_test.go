package reader

import (
	"strings"
	"testing"
	"testing/synctest"

	"kin/internal/kinesistest"
)

func TestFault10OneShardIsSingular(t *testing.T) {
	for want, shards := range map[string][]*kinesistest.Shard{
		"orders: reading 1 shard, from ":  {{ID: "a"}},
		"orders: reading 2 shards, from ": {{ID: "a"}, {ID: "b"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var messages kinesistest.Lines
			o := testOptions()
			o.AvailableNow, o.Detail = true, messages.Add
			if _, err := collectRun(t.Context(), t, kinesistest.NewFake(shards...), o); err != nil {
				t.Error(err)
			}
			if !strings.Contains(messages.Text(), want) {
				t.Errorf("no %q in %q", want, messages.Text())
			}
		})
	}
}
