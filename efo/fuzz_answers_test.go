package efo

import (
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/garble"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/reader"
)

// FuzzAnswers reads a stream with garbled answers and events. The run and its clean-up must end
// without a panic.
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
			o := DefaultOptions()
			o.Streams = []string{garble.Stream}
			o.Subscribe = client.SubscribeToShard
			fan, err := New(client, o)
			if err != nil {
				t.Fatal(err)
			}
			ro := reader.DefaultOptions()
			ro.Streams, ro.InitialPosition = o.Streams, record.Position{Kind: record.TrimHorizon}
			ro.AvailableNow, ro.Timeout, ro.RetryFor = len(script)%2 == 0, 20*time.Minute, 5*time.Minute
			ro.Encode = func(dst []byte, r record.Record) ([]byte, error) { return append(dst, r.Data...), nil }
			ro.Source, ro.Silence = fan.Source, fan.Silence()
			r, err := reader.New(client, ro)
			if err != nil {
				t.Fatal(err)
			}
			runErr := r.Run(t.Context(), reader.HandlerOf(func(*reader.Batch) error { return nil }))
			closeErr := fan.Close(t.Context())
			if runErr != nil && runErr.Error() == "" || closeErr != nil && closeErr.Error() == "" {
				t.Error("empty error message")
			}
			if answers.Calls() > 5*garble.MostCalls {
				t.Errorf("%d calls", answers.Calls())
			}
		})
	})
}
