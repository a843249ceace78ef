package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"kin/format"
	"kin/internal/record"
	"kin/writer"
)

// inputOptions are write's flags about what its input is and which keys its
// records get.
type inputOptions struct {
	form         inputForm
	chomp        bool
	delimiter    delimiterValue
	null         bool
	noDecompress bool

	key          string
	field        format.Pointer
	query        format.KeyQuery
	keyDelimiter delimiterValue
	hashKey      hashKeyValue
	shard        textValue

	given func(flag string) bool
}

func defaultInputOptions() inputOptions {
	return inputOptions{form: inputLines, shard: textValue{kind: wantShard}}
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
		if o.given("delimiter") {
			return usage("--delimiter and --null contradict each other: want one of them")
		}
		o.delimiter = "\x00"
	}
	if o.delimiter != "" && !o.given("input") {
		o.form = inputRaw
	}
	keys := o.keyFlags()
	switch {
	case o.delimiter != "" && o.form != inputRaw:
		return usage("--%s contradicts --input %s: it is for raw", o.delimiterFlag(), o.form)
	case o.chomp && o.form != inputLines:
		return usage("--chomp contradicts --input %s: it is for lines", o.form)
	case o.given("explicit-hash-key") && o.given("shard"):
		return usage("--explicit-hash-key and --shard contradict each other: want one of them")
	case len(keys) > 1:
		return usage("--%s and --%s contradict each other: want one of them", keys[0], keys[1])
	case o.form == inputRecords && len(keys) > 0:
		return usage("--%s contradicts --input records, whose lines have their own keys", keys[0])
	case o.form == inputRecords && o.given("explicit-hash-key"):
		return usage("--explicit-hash-key contradicts --input records, whose lines have their own keys")
	case o.form == inputRecords && o.given("shard"):
		return usage("--shard contradicts --input records, whose lines have their own keys")
	case o.given("key-delimiter") && (o.form == inputJSON || o.form == inputCSV):
		return usageHint("--key-field or --key-jq take a key out of JSON", "--key-delimiter contradicts --input %s: it splits lines", o.form)
	case o.given("partition-key") && !validKey(o.key):
		return usage("--partition-key %q: want 1 to 256 characters", o.key)
	case o.given("key-field") && o.field.String() == "":
		return usage("--key-field \"\": want a JSON pointer, such as /user/id")
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
	case o.form == inputRecords:
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
		return o.keyDelimiter.splitKey
	}
	return func(_ context.Context, r *record.Record) error { r.PartitionKey = writer.RandomKey(); return nil }
}

// inputForm is the value of --input.
type inputForm string

const (
	inputLines   inputForm = "lines"
	inputRecords inputForm = "records"
	inputJSON    inputForm = "json"
	inputCSV     inputForm = "csv"
	inputRaw     inputForm = "raw"
)

func (m *inputForm) String() string { return string(*m) }
func (m *inputForm) Type() string   { return "form" }

func (m *inputForm) Set(s string) error {
	switch v := inputForm(s); v {
	case inputLines, inputRecords, inputJSON, inputCSV, inputRaw:
		*m = v
		return nil
	}
	return errors.New("want lines, records, json, csv or raw")
}

// delimiterValue is a text that is not empty, in which a backslash escapes
// bytes that a command line cannot hold. The zero value is none.
type delimiterValue string

func (v *delimiterValue) Set(s string) error {
	text, err := unescape(s)
	if err != nil || text == "" {
		return errors.New(`want a text of a character or more, in which \n, \r, \t, \0, \xHH and \\ mean bytes`)
	}
	*v = delimiterValue(text)
	return nil
}

func (v *delimiterValue) String() string { return string(*v) }
func (v *delimiterValue) Type() string   { return "text" }

// splitKey divides the payload of r into partition key and payload.
func (v *delimiterValue) splitKey(_ context.Context, r *record.Record) error {
	key, data, found := bytes.Cut(r.Data, []byte(*v))
	if !found {
		return fmt.Errorf("no %q behind a key", string(*v))
	}
	r.PartitionKey, r.Data = string(key), data
	return nil
}

// unescape puts bytes for their escapes.
func unescape(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		before, rest, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if s = rest; !found {
			break
		}
		if s == "" {
			return "", errors.New("a backslash at the end")
		}
		c := s[0]
		s = s[1:]
		switch c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case '0':
			c = 0
		case '\\':
		case 'x':
			if len(s) < 2 {
				return "", errors.New("half a byte")
			}
			n, err := strconv.ParseUint(s[:2], 16, 8)
			if err != nil {
				return "", err
			}
			c, s = byte(n), s[2:]
		default:
			return "", fmt.Errorf("unknown escape %q", c)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// hashKeyValue is an explicit hash key; its zero value is none.
type hashKeyValue string

func (v *hashKeyValue) Set(s string) error {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || strings.Trim(s, "0123456789") != "" || n.BitLen() > 128 {
		return errors.New("want a decimal number from 0 to 2^128-1")
	}
	*v = hashKeyValue(n.String())
	return nil
}

func (v *hashKeyValue) String() string { return string(*v) }
func (v *hashKeyValue) Type() string   { return "number" }
