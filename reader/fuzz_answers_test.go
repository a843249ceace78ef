package reader

import (
	"bytes"
	"errors"
	"math/big"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/garble"
	"kin/internal/kinesistest"
	"kin/internal/record"
)

// FuzzAnswers reads a stream with garbled answers, and a checkpoint. The run must end without a
// panic. It must print each shard's records once and in order. Every position must be savable, and
// the checkpoint loadable.
func FuzzAnswers(f *testing.F) {
	recorded, err := garble.Record(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range garble.Seeds() {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		path := filepath.Join(t.TempDir(), "orders.ckpt")
		var saved checkpoint.File // the last positions of the run
		synctest.Test(t, func(t *testing.T) {
			kept := kinesistest.NewMemory()
			kept.File.Version = checkpoint.Version
			answers := garble.NewClient(recorded, script)
			client := kinesistest.Client(answers)
			o := testOptions()
			o.Positions, o.AvailableNow, o.Timeout, o.RetryFor = kept, len(script)%2 == 0, 20*time.Minute, 5*time.Minute
			o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
				return append(append(dst, r.SequenceNumber...), ' '), nil
			}
			r, err := New(client, o)
			if err != nil {
				t.Fatal(err)
			}
			last := map[string]*big.Int{}
			err = r.Run(t.Context(), HandlerOf(func(b *Batch) error {
				for _, block := range b.Blocks {
					for _, text := range bytes.Fields(block.Data) {
						sequence, ok := new(big.Int).SetString(string(text), 10)
						if before := last[block.ShardID]; !ok || before != nil && sequence.Cmp(before) <= 0 {
							t.Errorf("%s: %s after %s", block.ShardID, text, before)
						}
						last[block.ShardID] = sequence
					}
				}
				return nil
			}))
			var unsavable *checkpoint.UnsavableError
			switch {
			case err != nil && err.Error() == "":
				t.Error("an error without words")
			case errors.As(err, &unsavable):
				t.Errorf("the run made a position that cannot be saved: %v", err)
			}
			saved = kept.File
			if answers.Calls() > 3*garble.MostCalls {
				t.Errorf("%d calls", answers.Calls())
			}
		})
		if len(saved.Streams) == 0 {
			return
		}
		h, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Save(saved, nil); err != nil {
			t.Error(err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Read(path); err != nil {
			t.Errorf("the checkpoint cannot be loaded: %v", err)
		}
	})
}
