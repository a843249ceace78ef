package cmd

import (
	"context"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/format"
	"kin/internal/record"
	"kin/writer"
)

// inputOptions are write's flags about what its input is and which keys its
// records get.
type inputOptions struct {
	form         flags.InputForm
	chomp        bool
	delimiter    flags.Delimiter
	null         bool
	noDecompress bool

	key          string
	field        format.Pointer
	query        format.KeyQuery
	keyDelimiter flags.Delimiter
	hashKey      flags.HashKey
	shard        flags.Text

	given func(flag string) bool
}

func defaultInputOptions() inputOptions {
	return inputOptions{form: flags.Lines, shard: flags.Text{Kind: flags.WantShard}}
}

func (o *inputOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.form, "input", "lines: each line is a record; records: lines as kin read prints them; json: JSON values; csv: rows below a header, as JSON objects; raw: each file is a record")
	f.BoolVar(&o.chomp, "chomp", false, "take the carriage return from the end of each line")
	f.Var(&o.delimiter, "delimiter", "end records with this `text` in place of the end of the file (raw); \\n, \\t, \\0 and \\x1e mean bytes")
	f.BoolVarP(&o.null, "null", "0", false, "the same as --delimiter '\\0'")
	f.BoolVar(&o.noDecompress, "no-decompress", false, "read a gzip or zstd file as the bytes it has, in place of what it holds")
	f.StringVar(&o.key, "partition-key", "", "the partition `key` of every record (default: a random one for each)")
	f.Var(&o.field, "key-field", "take the partition key out of the JSON payload, such as /user/id; a record without it is rejected")
	f.Var(&o.query, "key-jq", "make the partition key of the JSON payload with jq, such as '.user.id'; a record without a result is rejected")
	f.Var(&o.keyDelimiter, "key-delimiter", "the partition key ends where this `text` first is, and the payload begins behind it; a record without it is rejected")
	f.Var(&o.hashKey, "explicit-hash-key", "the explicit hash key of every record: a `number` that leads it to its shard, whatever its partition key")
	f.Var(&o.shard, "shard", "write to this open `shard`, by an explicit hash key in its range")
}

// check refuses what contradicts, and finishes what depends on what was given.
func (o *inputOptions) check() error {
	if o.null {
		o.delimiter = "\x00"
	}
	if o.delimiter != "" && !o.given("input") {
		o.form = flags.Raw
	}
	keys := o.keyFlags()
	switch {
	case o.delimiter != "" && o.form != flags.Raw:
		return console.Usage("--%s contradicts --input %s: it is for raw", o.delimiterFlag(), o.form)
	case o.chomp && o.form != flags.Lines:
		return console.Usage("--chomp contradicts --input %s: it is for lines", o.form)
	case o.form == flags.Records && len(keys) > 0:
		return console.Usage("--%s contradicts --input records, whose lines have their own keys", keys[0])
	case o.form == flags.Records && o.given("explicit-hash-key"):
		return console.Usage("--explicit-hash-key contradicts --input records, whose lines have their own keys")
	case o.form == flags.Records && o.given("shard"):
		return console.Usage("--shard contradicts --input records, whose lines have their own keys")
	case o.given("key-delimiter") && (o.form == flags.JSON || o.form == flags.CSV):
		return console.UsageHint("--key-field or --key-jq take a key out of JSON", "--key-delimiter contradicts --input %s: it splits lines", o.form)
	case o.given("partition-key") && !validKey(o.key):
		return console.Usage("--partition-key %q: want 1 to 256 characters", o.key)
	case o.given("key-field") && o.field.String() == "":
		return console.Usage("--key-field \"\": want a JSON pointer, such as /user/id")
	}
	return nil
}

// keyFlags are the given flags that say what the partition key is.
func (o *inputOptions) keyFlags() []string {
	var given []string
	for _, name := range []string{"partition-key", "key-field", "key-jq", "key-delimiter"} {
		if o.given(name) {
			given = append(given, name)
		}
	}
	return given
}

func (o *inputOptions) delimiterFlag() string {
	if o.null {
		return "null"
	}
	return "delimiter"
}

// validKey is the service's rule for partition keys.
func validKey(key string) bool {
	return key != "" && utf8.ValidString(key) && utf8.RuneCountInString(key) <= 256
}

// keyOf returns what gives a record its partition key; nil when its input did.
func (o *inputOptions) keyOf() func(context.Context, *record.Record) error {
	switch {
	case o.form == flags.Records:
		return nil
	case o.given("partition-key"):
		return func(_ context.Context, r *record.Record) error { r.PartitionKey = o.key; return nil }
	case o.given("key-field"):
		return func(_ context.Context, r *record.Record) (err error) {
			r.PartitionKey, err = o.field.Text(r.Data)
			return err
		}
	case o.given("key-jq"):
		return func(ctx context.Context, r *record.Record) (err error) {
			r.PartitionKey, err = o.query.Text(ctx, r.Data)
			return err
		}
	case o.given("key-delimiter"):
		return o.keyDelimiter.SplitKey
	}
	return func(_ context.Context, r *record.Record) error { r.PartitionKey = writer.RandomKey(); return nil }
}
