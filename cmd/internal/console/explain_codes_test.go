package console

import (
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
)

// Codes that only some services or calls send get the exit code and the hint of their
// class. That holds for a call of Kinesis and for AssumeRole.
func TestExitCodesOfErrorCodes(t *testing.T) {
	const (
		reading  = "reading needs kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords on the stream"
		assuming = "the credentials need sts:AssumeRole on the role, and the role has to trust them; check --role-arn and --role-external-id"
		region   = "STS is not activated for the account in this region: give --sts-endpoint"
	)
	for _, test := range []struct {
		code               string
		exit               int
		hint, hintWithRole string
	}{
		{"Throttling", ExitGaveUp, "", ""},
		{"RequestLimitExceeded", ExitGaveUp, "", ""},
		{"TooManyRequestsException", ExitGaveUp, "", ""},
		{"AccessDenied", ExitDenied, reading, assuming},
		{"RegionDisabledException", ExitDenied, reading, region},
	} {
		t.Run(test.code, func(t *testing.T) {
			call := fmt.Errorf("call: %w", &smithy.GenericAPIError{Code: test.code, Message: "told to"})
			if got, want := (&Explainer{}).Explain(t.Context(), call), (Explanation{call.Error(), test.hint, test.exit}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			role := &awsclient.RoleError{ARN: "arn:aws:iam::123456789012:role/reader", Err: call}
			if got, want := (&Explainer{}).Explain(t.Context(), role), (Explanation{role.Error(), test.hintWithRole, test.exit}); got != want {
				t.Errorf("with a role: got %+v, want %+v", got, want)
			}
		})
	}
}
