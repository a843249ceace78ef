package flags

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"kin/cmd/internal/console"
	"kin/internal/input"
	"kin/internal/record"
)

// InputForm is the value of --input.
type InputForm input.Form

func (m *InputForm) String() string { return string(*m) }

// Type implements pflag.Value: it is the placeholder in the help.
func (m *InputForm) Type() string { return "form" }

// Set implements pflag.Value. Its error lists the accepted values.
func (m *InputForm) Set(s string) error {
	return console.Choose((*input.Form)(m), s, input.Lines, input.Records, input.JSON, input.CSV, input.Raw)
}

// Delimiter is a non-empty text in which backslash escapes stand for bytes that a command
// line cannot have. The zero value is none.
type Delimiter string

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Delimiter) Set(s string) error {
	text, err := unescape(s)
	if err != nil || text == "" {
		return errors.New(`want one or more characters; \n, \r, \t, \0, \xHH and \\ mean bytes`)
	}
	*v = Delimiter(text)
	return nil
}

func (v *Delimiter) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Delimiter) Type() string { return "text" }

// splitKey splits the payload of r into partition key and payload.
func (v *Delimiter) splitKey(_ context.Context, r *record.Record) error {
	key, data, found := bytes.Cut(r.Data, []byte(*v))
	if !found {
		return fmt.Errorf("the key delimiter %q is missing", string(*v))
	}
	r.PartitionKey, r.Data = string(key), data
	return nil
}

// unescape replaces backslash escapes with their bytes.
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

// HashKey is an explicit hash key. The zero value is none.
type HashKey string

// Set implements pflag.Value. Its error lists the accepted values.
func (v *HashKey) Set(s string) error {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || strings.Trim(s, "0123456789") != "" || n.BitLen() > 128 {
		return errors.New("want a decimal number from 0 to 2^128-1")
	}
	*v = HashKey(n.String())
	return nil
}

func (v *HashKey) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *HashKey) Type() string { return "number" }
