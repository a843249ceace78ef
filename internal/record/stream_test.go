package record

import "testing"

func TestParseStream(t *testing.T) {
	const arn = "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/orders.v1"
	for given, want := range map[string]Stream{
		"orders-1_a.B": {Given: "orders-1_a.B", Name: "orders-1_a.B"},
		arn:            {Given: arn, Name: "orders.v1", ARN: arn, Region: "cn-north-1"},
		"":             {},
		"a/b":          {Given: "a/b"},
		"arn:aws:kinesis:eu-west-1:12:stream/orders":                      {Given: "arn:aws:kinesis:eu-west-1:12:stream/orders"},
		"arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c": {Given: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c"},
		"arn:aws:sqs:eu-west-1:123456789012:stream/orders":                {Given: "arn:aws:sqs:eu-west-1:123456789012:stream/orders"},
	} {
		got := ParseStream(given)
		if got != want {
			t.Errorf("ParseStream(%q) = %+v, want %+v", given, got, want)
		}
		if name := got.ByName(); name != "" && got.ARN != "" || got.ARN == "" && name != want.Name {
			t.Errorf("%q is asked for by %q and %q", given, name, got.ARN)
		}
	}
}
