package survey

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/garble"
	"kin/internal/kinesistest"
	"kin/reader"
)

// FuzzAnswers looks at streams whose answers are garbled. Whatever they say, a look
// ends without a panic, and what it returns has names.
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
			streams, err := Streams(t.Context(), client, nil, nil)
			for _, s := range streams {
				if err == nil && aws.ToString(s.Summary.StreamName) == "" {
					t.Error("a stream without a name")
				}
				_ = Retention(s.Summary)
			}
			s, err := LookAt(t.Context(), reader.NewAsker(client, nil, nil), garble.Stream)
			if err != nil {
				return
			}
			for _, shard := range s.Shards.Shards {
				if shard.ID == "" {
					t.Error("a shard without an ID")
				}
			}
			_ = s.IsAutomatic()
			rates, err := s.Sample(t.Context(), client, SampleOptions{For: 5 * time.Second, Info: func(string) {}, Detail: func(string) {}})
			if err == nil && len(rates) > len(s.Shards.Shards) {
				t.Errorf("%d rates of %d shards", len(rates), len(s.Shards.Shards))
			}
		})
	})
}
