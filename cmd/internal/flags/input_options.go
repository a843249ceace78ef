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

// Input are write's flags about what its input is and which keys its
// records get.
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

	Given func(flag string) bool
}

// DefaultInput is lines, with a random key for each.
func DefaultInput() Input {
	return Input{Form: input.Lines, Shard: Text{Kind: WantShard}}
}

// AddFlags gives a command these flags.
func (o *Input) AddFlags(f *pflag.FlagSet) {
	f.Var((*InputForm)(&o.Form), "input", "lines: each line is a record; records: lines as kin read prints them; json: JSON values; csv: rows below a header, as JSON objects; raw: each file is a record")
	f.BoolVar(&o.Chomp, "chomp", false, "take the carriage return from the end of each line")
	f.Var(&o.Delimiter, "delimiter", "end records with this `text` in place of the end of the file (raw); \\n, \\t, \\0 and \\x1e mean bytes")
	f.BoolVarP(&o.null, "null", "0", false, "the same as --delimiter '\\0'")
	f.BoolVar(&o.NoDecompress, "no-decompress", false, "read a gzip or zstd file as the bytes it has, in place of what it holds")
	f.StringVar(&o.key, "partition-key", "", "the partition `key` of every record (default: a random one for each)")
	f.Var(&o.field, "key-field", "take the partition key out of the JSON payload, such as /user/id; a record without it is rejected")
	f.Var(&o.query, "key-jq", "make the partition key of the JSON payload with jq, such as '.user.id'; a record without a result is rejected")
	f.Var(&o.keyDelimiter, "key-delimiter", "the partition key ends where this `text` first is, and the payload begins behind it; a record without it is rejected")
	f.Var(&o.HashKey, "explicit-hash-key", "the explicit hash key of every record: a `number` that leads it to its shard, whatever its partition key")
	f.Var(&o.Shard, "shard", "write to this open `shard`, by an explicit hash key in its range")
}

// Check sets Delimiter and Form where a flag implies them, and returns a
// *console.UsageError if two flags contradict each other or a key is malformed. It
// is called once, after the flags have their values and before they are used.
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
		return console.Usage("--%s contradicts --input %s: it is for raw", o.delimiterFlag(), o.Form)
	case o.Chomp && o.Form != input.Lines:
		return console.Usage("--chomp contradicts --input %s: it is for lines", o.Form)
	case o.Form == input.Records && len(keys) > 0:
		return console.Usage("--%s contradicts --input records, whose lines have their own keys", keys[0])
	case o.Form == input.Records && o.Given("explicit-hash-key"):
		return console.Usage("--explicit-hash-key contradicts --input records, whose lines have their own keys")
	case o.Form == input.Records && o.Given("shard"):
		return console.Usage("--shard contradicts --input records, whose lines have their own keys")
	case o.Given("key-delimiter") && (o.Form == input.JSON || o.Form == input.CSV):
		return console.UsageHint("--key-field or --key-jq take a key out of JSON", "--key-delimiter contradicts --input %s: it splits lines", o.Form)
	case o.Given("partition-key") && !IsKey(o.key):
		return console.Usage("--partition-key %q: want 1 to 256 characters", o.key)
	case o.Given("key-field") && o.field.String() == "":
		return console.Usage("--key-field \"\": want a JSON pointer, such as /user/id")
	}
	return nil
}

// KeyFlags are the given flags that say what the partition key is.
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

// IsKey is the service's rule for partition keys.
func IsKey(key string) bool {
	return key != "" && utf8.ValidString(key) && utf8.RuneCountInString(key) <= 256
}

// KeyOf returns what gives a record its partition key; nil when its input did.
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
