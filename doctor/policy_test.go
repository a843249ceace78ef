package doctor

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// A policy names a key by its ARN, and an alias in a condition.
func TestPolicyNamesTheKey(t *testing.T) {
	const stream = "arn:aws-cn:kinesis:cn-north-1:111122223333:stream/orders"
	for _, c := range []struct{ key, want string }{
		{"alias/aws/kinesis", ""},
		{"arn:aws-cn:kms:cn-north-1:111122223333:alias/aws/kinesis", ""},
		{"1f2e-3d", `{"Sid":"Key","Effect":"Allow","Action":["kms:Decrypt"],"Resource":"arn:aws-cn:kms:cn-north-1:111122223333:key/1f2e-3d"}`},
		{"arn:aws-cn:kms:cn-north-1:444455556666:key/1f2e-3d", `{"Sid":"Key","Effect":"Allow","Action":["kms:Decrypt"],"Resource":"arn:aws-cn:kms:cn-north-1:444455556666:key/1f2e-3d"}`},
		{"alias/mine", `{"Sid":"Key","Effect":"Allow","Action":["kms:Decrypt"],"Resource":"arn:aws-cn:kms:cn-north-1:111122223333:key/*","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":["alias/mine"]}}}`},
		{"arn:aws-cn:kms:cn-north-1:444455556666:alias/mine", `{"Sid":"Key","Effect":"Allow","Action":["kms:Decrypt"],"Resource":"arn:aws-cn:kms:cn-north-1:444455556666:key/*","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":["alias/mine"]}}}`},
	} {
		p, err := NewPolicy(NeedRead, stream, "kin_", &types.StreamDescriptionSummary{EncryptionType: types.EncryptionTypeKms, KeyId: aws.String(c.key)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(p.Statement) > 1 {
			b, err := json.Marshal(p.Statement[1])
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.key, got, c.want)
		}
	}
}

func TestEveryNeedHasItsOwnPolicy(t *testing.T) {
	seen := map[string]Need{}
	for _, n := range Needs() {
		if parsed, err := ParseNeed(string(n)); err != nil || parsed != n {
			t.Errorf("%s: %s, %v", n, parsed, err)
		}
		p, err := NewPolicy(n, "arn:aws:kinesis:us-east-1:000000000000:stream/orders", "kin_", nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[string(b)]; twice {
			t.Errorf("%s and %s have the same", n, other)
		}
		seen[string(b)] = n
	}
	if _, err := ParseNeed("all"); err == nil {
		t.Error("ParseNeed accepts all")
	}
}
