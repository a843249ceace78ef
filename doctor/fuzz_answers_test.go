package doctor

import (
	"context"
	"testing"
	"testing/synctest"

	"kin/internal/garble"
	"kin/internal/kinesistest"
)

// FuzzAnswers examines a stream whose answers are garbled. Whatever they say, the
// examination ends without a panic, and each of its checks has words.
func FuzzAnswers(f *testing.F) {
	recorded, err := garble.Record(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range garble.Seeds() {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) {
			answers := garble.NewClient(recorded, script)
			client := kinesistest.Client(answers)
			o := Options{
				Stream: garble.Stream, Region: "us-east-1", Endpoint: "http://kinesis", Foreign: len(script)%2 == 0, ConsumerPrefix: "kin_",
				Identify: func(context.Context) (Identity, error) {
					return Identity{ARN: "arn:aws:iam::000000000000:user/kin", Account: "000000000000", Source: "a test"}, nil
				},
			}
			report, err := Examine(t.Context(), client, o)
			if err == nil {
				for _, c := range report.Checks {
					if c.Name == "" || c.Message == "" {
						t.Errorf("a check without words: %+v", c)
					}
				}
			}
			arn, summary, _, err := Identified(t.Context(), client, o)
			if err != nil {
				return
			}
			for _, need := range Needs() {
				_, _ = NewPolicy(need, arn, "kin_", summary)
			}
		})
	})
}
