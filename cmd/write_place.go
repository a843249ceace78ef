package cmd

import (
	"context"

	"kin/cmd/internal/console"
	"kin/writer"
)

// place turns --shard into the explicit hash key of every record. A stream that
// ignores hash keys is refused.
func (in *writeInput) place(ctx context.Context, client writer.PlaceClient, o *writeOptions, say func(string)) error {
	if !o.given("shard") && !o.given("explicit-hash-key") {
		return nil
	}
	ignored, err := writer.IgnoresHashKeys(ctx, client, o.stream, say)
	if err != nil {
		return err
	}
	flag := "explicit-hash-key"
	if o.given("shard") {
		flag = "shard"
	}
	if ignored {
		return console.Usage("--%s: %s distributes records itself (strategy AUTO) and ignores hash keys", flag, o.stream)
	}
	if flag == "shard" {
		in.hashKey, err = writer.HashKeyOf(ctx, client, o.stream, o.shard.Text, say)
	}
	return err
}
