package flags

import (
	"context"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/format"
	"kin/internal/input"
	"kin/internal/record"
	"kin/writer"
)

// Input are write's flags about the form of its input and the keys of its records.
type Input struct {
	Form         input.Form
	Chomp        bool
	Delimiter    Delimiter
	null         bool
	NoDecompress bool

	key          string
	field        format.Pointer
	query        format.KeyQuery
	keyDelimiter Delimiter
	HashKey      HashKey
	Shard        Text

	Given func(flag string) bool // reports whether a flag was set
}

// DefaultInput returns lines as the form; each record gets a random key.
func DefaultInput() Input {
	return Input{Form: input.Lines, Shard: Text{Kind: WantShard}}
}

// AddFlags adds these flags to a command.
func (o *Input) AddFlags(f *pflag.FlagSet) {
	g := GroupInput.In(f)
	g.Var((*InputForm)(&o.Form), "input", Help{
		Short: "form: lines, records, json, csv or raw",
		Full: "The form of the input. lines: each line is a record. records: each line that kin read prints. json: each JSON value. " +
			"csv: each row below a header, as a JSON object. raw: each file is one record; --delimiter or -0 splits it.",
	})
	g.Bool(&o.Chomp, "chomp", Help{
		Short: "remove the carriage return at the end of each line",
		Full:  "Remove the carriage return at the end of each line. It is for --input lines.",
	})
	g.Var(&o.Delimiter, "delimiter", Help{
		Short: "split raw files where this text occurs",
		Full:  `Split each file into records that end with this text. \n, \r, \t, \0, \xHH and \\ mean bytes. It implies --input raw.`,
	})
	g.Bool(&o.null, "null", Help{
		Short: "split raw files at zero bytes", Letter: "0",
		Full: `Split each file into records that end with a zero byte, as --delimiter '\0' does.`,
	})
	g.Bool(&o.NoDecompress, "no-decompress", Help{
		Short: "keep gzip and zstd input compressed",
		Full:  "Write the bytes of gzip and zstd input as they are. Without it such input is decompressed.",
	})
	g = GroupKeys.In(f)
	g.String(&o.key, "partition-key", Help{
		Short: "give every record this key", Value: "key", Default: "a random one",
		Full: "The partition key of every record. Without a flag about keys, keys are random.",
	})
	g.Var(&o.field, "key-field", Help{
		Short: "take the key from a field of the JSON, such as /user/id",
		Full:  "Take the partition key from the JSON payload by a JSON pointer, such as /user/id. A record without that field is rejected.",
	})
	g.Var(&o.query, "key-jq", Help{
		Short: "make the key from the JSON with jq",
		Full:  "Make the partition key from the JSON payload with a jq expression, such as '.user.id'. A record without a result is rejected.",
	})
	g.Var(&o.keyDelimiter, "key-delimiter", Help{
		Short: "split records into key and payload at this text",
		Full:  "Split each record where this text first occurs: the partition key comes before it, the payload after it. A record without it is rejected.",
	})
	g.Var(&o.HashKey, "explicit-hash-key", Help{
		Short: "give every record this explicit hash key",
		Full:  "The explicit hash key of every record, a decimal number from 0 to 2^128-1. It decides the shard, whatever the partition key is.",
	})
	g.Var(&o.Shard, "shard", Help{
		Short: "write to this open shard", Value: "shard",
		Full: "Write to this open shard. kin gives every record an explicit hash key in the shard's range.",
	})
}

// Check sets Delimiter and Form if another flag implies them. It returns a
// *console.UsageError if two flags contradict each other or a key is malformed. Call it
// once, after the flags have their values and before they are used.
func (o *Input) Check() error {
	if o.null {
		o.Delimiter = "\x00"
	}
	if o.Delimiter != "" && !o.Given("input") {
		o.Form = input.Raw
	}
	keys := o.KeyFlags()
	switch {
	case o.Delimiter != "" && o.Form != input.Raw:
		return console.Usage("--%s contradicts --input %s: use it only with --input raw", o.delimiterFlag(), o.Form)
	case o.Chomp && o.Form != input.Lines:
		return console.Usage("--chomp contradicts --input %s: use it only with --input lines", o.Form)
	case o.Form == input.Records && len(keys) > 0:
		return console.Usage("--%s contradicts --input records, whose lines have their own keys", keys[0])
	case o.Form == input.Records && o.Given("explicit-hash-key"):
		return console.Usage("--explicit-hash-key contradicts --input records, whose lines have their own keys")
	case o.Form == input.Records && o.Given("shard"):
		return console.Usage("--shard contradicts --input records, whose lines have their own keys")
	case o.Given("key-delimiter") && (o.Form == input.JSON || o.Form == input.CSV):
		return console.UsageHint("--key-field or --key-jq take a key out of JSON", "--key-delimiter contradicts --input %s: use it only with --input lines or raw", o.Form)
	case o.Given("partition-key") && !IsKey(o.key):
		return console.Usage("--partition-key %q: want 1 to 256 characters", o.key)
	case o.Given("key-field") && o.field.String() == "":
		return console.Usage("--key-field \"\": want a JSON pointer, such as /user/id")
	}
	return nil
}

// KeyFlags returns the flags about the partition key that were set.
func (o *Input) KeyFlags() []string {
	var given []string
	for _, name := range []string{"partition-key", "key-field", "key-jq", "key-delimiter"} {
		if o.Given(name) {
			given = append(given, name)
		}
	}
	return given
}

func (o *Input) delimiterFlag() string {
	if o.null {
		return "null"
	}
	return "delimiter"
}

// IsKey reports whether the service accepts a partition key.
func IsKey(key string) bool {
	return key != "" && utf8.ValidString(key) && utf8.RuneCountInString(key) <= 256
}

// KeyOf returns the function that sets a record's partition key. It is nil if the input has
// the keys.
func (o *Input) KeyOf() func(context.Context, *record.Record) error {
	switch {
	case o.Form == input.Records:
		return nil
	case o.Given("partition-key"):
		return func(_ context.Context, r *record.Record) error { r.PartitionKey = o.key; return nil }
	case o.Given("key-field"):
		return func(_ context.Context, r *record.Record) (err error) {
			r.PartitionKey, err = o.field.Text(r.Data)
			return err
		}
	case o.Given("key-jq"):
		return func(ctx context.Context, r *record.Record) (err error) {
			r.PartitionKey, err = o.query.Text(ctx, r.Data)
			return err
		}
	case o.Given("key-delimiter"):
		return o.keyDelimiter.splitKey
	}
	return func(_ context.Context, r *record.Record) error { r.PartitionKey = writer.RandomKey(); return nil }
}
