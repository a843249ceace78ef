package validate

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// TestFault19ATimeOutOfRangeIsNotPrinted has times that the SDK has decoded into
// others: their numbers are not those of the answer.
func TestFault19TimeOutOfRangeIsNotPrinted(t *testing.T) {
	overflown := time.Unix(-4852116233, 0)
	err := Summary("orders", &types.StreamDescriptionSummary{StreamCreationTimestamp: &overflown})
	if err == nil || strings.Contains(err.Error(), "4852116233") || !strings.Contains(err.Error(), "the creation time of stream orders is out of range") {
		t.Errorf("the error is %v", err)
	}
	err = Summary("orders", &types.StreamDescriptionSummary{RetentionPeriodHours: aws.Int32(0)})
	if err == nil || !strings.Contains(err.Error(), "RetentionPeriodHours of stream orders is 0") {
		t.Errorf("the error is %v", err)
	}
}
