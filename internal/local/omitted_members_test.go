package local

import (
	"testing"
)

func TestEndAloneSendsTheEndInASeparateResponse(t *testing.T) {
	for _, alone := range []bool{false, true} {
		_, s := with(t, 1, Options{EndAlone: alone})
		s.put(t, "x", "k")
		s.split(t, s.shards(t, nil)[0])
		out := s.get(t, s.iterator(t, trimHorizon()))
		if len(out.Records) != 1 || (out.NextShardIterator == nil) == alone || (len(out.ChildShards) == 2) == alone {
			t.Errorf("EndAlone %v: %d records, next %v, %d children", alone, len(out.Records), out.NextShardIterator != nil, len(out.ChildShards))
		}
		if alone {
			if out = s.get(t, *out.NextShardIterator); out.NextShardIterator != nil || len(out.ChildShards) != 2 {
				t.Errorf("the end has %d children", len(out.ChildShards))
			}
		}
	}
}

func TestMembersCanBeOmitted(t *testing.T) {
	_, s := with(t, 1, Options{OmitChildShards: true, OmitMillisBehindLatest: true})
	s.put(t, "x", "k")
	s.split(t, s.shards(t, nil)[0])
	out := s.get(t, s.iterator(t, trimHorizon()))
	if out.NextShardIterator != nil || out.ChildShards != nil || out.MillisBehindLatest != nil || len(out.Records) != 1 {
		t.Errorf("got %+v", out)
	}
}
