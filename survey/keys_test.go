package survey

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	halfway     = "170141183460469231731687303715884105728"
	justBefore  = "170141183460469231731687303715884105727"
	lastHashKey = "340282366920938463463374607431768211455"
)

// For the time of a split the service lists the parent and its children in any order. The child has
// the key, and the result names the parent.
func TestChildHasTheKeyAtTheMomentOfASplit(t *testing.T) {
	parent := listedShard("0", "", "", "0", lastHashKey, true)
	low, high := listedShard("1", "0", "", "0", justBefore, false), listedShard("2", "0", "", halfway, lastHashKey, false)
	for _, order := range [][]types.Shard{{parent, low, high}, {low, high, parent}} {
		shards, err := shardsOf(order)
		if err != nil {
			t.Fatal(err)
		}
		found, err := locate([]string{"grace", "ada", "ada"}, shards.Sorted()) // MD5: below and above the middle
		if err != nil || len(found) != 2 {
			t.Fatalf("%v, %v", found, err)
		}
		if k := found[0]; k.PartitionKey != "ada" || k.Shard.ID != "2" || k.Ambiguous != "0" {
			t.Errorf("%+v", k)
		}
		if k := found[1]; k.PartitionKey != "grace" || k.Shard.ID != "1" || k.Ambiguous != "0" {
			t.Errorf("%+v", k)
		}
	}
}

func TestKeyWithoutAShardIsAnError(t *testing.T) {
	shards, err := shardsOf([]types.Shard{listedShard("0", "", "", "0", justBefore, false)})
	if err != nil {
		t.Fatal(err)
	}
	var unknown *UnknownShardError
	if _, err := locate([]string{"ada"}, shards.Sorted()); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
}
