package validate

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestFault08SequenceNumbersHaveAtMost186Bits(t *testing.T) {
	highest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 186), big.NewInt(1))
	for s, want := range map[string]bool{
		"": false, "0": true, "7": true, "-7": false, "7a": false,
		"49680484398879231609208417396387968182321766862417821730": true,
		highest.String(): true,
		new(big.Int).Add(highest, big.NewInt(1)).String(): false,
		strings.Repeat("9", 56):                           false,
		strings.Repeat("4", 57):                           false,
		strings.Repeat("1", 129):                          false,
	} {
		if got := SequenceNumber(s); got != want {
			t.Errorf("%s: %t", s, got)
		}
		records := []types.Record{{SequenceNumber: aws.String(s), Data: []byte{}}}
		if err := Records(records, nil); (err == nil) != want {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestFault08ArrivalTimesAreNearTheServiceTime(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		away time.Duration
		want bool
	}{{0, true}, {-400 * 24 * time.Hour, true}, {400 * 24 * time.Hour, true}, {401 * 24 * time.Hour, false}, {-401 * 24 * time.Hour, false}} {
		at := now.Add(c.away)
		records := []types.Record{{SequenceNumber: aws.String("1")}, {SequenceNumber: aws.String("2"), ApproximateArrivalTimestamp: &at}}
		err := Arrivals(records, now)
		if (err == nil) != c.want || err != nil && !strings.Contains(err.Error(), "record 2") {
			t.Errorf("%s away: %v", c.away, err)
		}
		if err := Arrivals(records, time.Time{}); err != nil {
			t.Errorf("%s away from a time that is not known: %v", c.away, err)
		}
	}
}
