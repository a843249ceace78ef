package validate

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// The SDK decodes a time that is out of range into another time, which is not in the answer. A
// message must not print it.
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
