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

// KeyQuery is a jq expression that makes one text of a JSON payload, such as
// .user.id or "\(.region)-\(.id)". Its methods make it a flag value. The zero
// value is no expression. It serves one goroutine at a time.
type KeyQuery struct {
	text string
	code *gojq.Code
}

// queryTime is how long an expression may take over one payload: one that
// never ends must not stop the run.
const queryTime = 5 * time.Second

func (q *KeyQuery) String() string { return q.text }

// Set parses an expression.
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

// Type names the value in help texts.
func (q *KeyQuery) Type() string { return "expression" }

// Text returns what the expression makes of the JSON document doc: a string as
// it is, a number or a boolean as its JSON text. It is an error if doc is not
// JSON, and if the expression fails or gives anything else, nothing, or more
// than one result.
func (q *KeyQuery) Text(ctx context.Context, doc []byte) (string, error) {
	if !validJSON(doc) {
		return "", errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber() // a large number keeps its digits
	var value any
	if err := decoder.Decode(&value); err != nil && err != io.EOF {
		return "", fmt.Errorf("jq cannot read it: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	results := q.code.RunWithContext(ctx, value)
	result, ok := results.Next()
	if !ok {
		return "", errors.New(q.text + " gives nothing")
	}
	text, err := q.one(result)
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

// one makes a key of a result.
func (q *KeyQuery) one(result any) (string, error) {
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

// failed is the error of an expression. What jq says of it may hold parts of
// the payload, which are not for messages, so only its kind is said.
func (q *KeyQuery) failed(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s took longer than %v", q.text, queryTime)
	}
	return errors.New(q.text + " fails on it")
}
