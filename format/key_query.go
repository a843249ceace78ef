package format

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/itchyny/gojq"
)

// KeyQuery is a jq expression that computes one text from a JSON payload, such as .user.id
// or "\(.region)-\(.id)". It implements pflag.Value. The zero value is no expression. It is
// not safe for concurrent use.
type KeyQuery struct {
	text string
	code *gojq.Code
}

// queryTime is the timeout of an expression for one payload, so that an endless expression
// does not block the run.
const queryTime = 5 * time.Second

func (q *KeyQuery) String() string { return q.text }

// Set parses and compiles an expression.
func (q *KeyQuery) Set(s string) error {
	parsed, err := gojq.Parse(s)
	if err != nil {
		return fmt.Errorf("want a jq expression, such as .user.id: %w", err)
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return fmt.Errorf("want a jq expression, such as .user.id: %w", err)
	}
	*q = KeyQuery{s, code}
	return nil
}

// Type returns the name of the value in help texts.
func (q *KeyQuery) Type() string { return "expression" }

// Text evaluates the expression on the JSON document doc. A string is returned as it is, a
// number or a boolean as its JSON text.
//
// It returns an error if doc is not JSON or the expression fails. Another type of result, no
// result, and several results are errors too.
func (q *KeyQuery) Text(ctx context.Context, doc []byte) (string, error) {
	if !validJSON(doc) {
		return "", errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber() // keeps all digits of large numbers
	var value any
	if err := decoder.Decode(&value); err != nil && err != io.EOF {
		return "", fmt.Errorf("jq cannot read the payload: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	results := q.code.RunWithContext(ctx, value)
	result, ok := results.Next()
	if !ok {
		return "", errors.New(q.text + " gives nothing")
	}
	text, err := q.resultText(result)
	if err != nil {
		return "", err
	}
	if another, ok := results.Next(); ok {
		if err, failed := another.(error); failed {
			return "", q.failed(err)
		}
		return "", errors.New(q.text + " gives more than one result")
	}
	return text, nil
}

// resultText returns the text of a result.
func (q *KeyQuery) resultText(result any) (string, error) {
	switch v := result.(type) {
	case error:
		return "", q.failed(v)
	case string:
		return v, nil
	case nil:
		return "", errors.New(q.text + " is null")
	case map[string]any:
		return "", errors.New(q.text + " is an object")
	case []any:
		return "", errors.New(q.text + " is an array")
	}
	text, err := gojq.Marshal(result)
	return string(text), err
}

// failed returns the error of an expression. It omits jq's message, because that may
// contain parts of the payload.
func (q *KeyQuery) failed(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s took longer than %v", q.text, queryTime)
	}
	return errors.New(q.text + " fails on this payload")
}
