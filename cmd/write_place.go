package cmd

import (
	"context"

	"kin/cmd/internal/console"
	"kin/internal/input"
	"kin/writer"
)

// place turns --shard into the explicit hash key of every record. A stream that
// ignores hash keys is refused.
func (o *writeOptions) place(ctx context.Context, client writer.PlaceClient, in *input.Files, say func(string)) error {
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
		in.HashKey, err = writer.HashKeyOf(ctx, client, o.stream, o.shard.Text, say)
	}
	return err
}
