package writer

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"kin/writer/queue"
)

// Record is one record to write. The writer copies its data, so a record may share memory
// with others until the next call of next. Data of 128 KiB or more is not copied: it must
// not change until Run has returned.
type Record = queue.Record

// Result is the result of one record of the input.
type Result = queue.Result

// Rejection is a rejected record.
type Rejection struct {
	Record // as next returned it
	Number int64
	Reason string
	Unsure bool // the record may have been written
}

// rejectError marks a record that cannot be written.
type rejectError struct{ err error }

func (r *rejectError) Error() string { return r.err.Error() }

func (r *rejectError) Unwrap() error { return r.err }

// Reject returns an error for the next function of Run. It means that the record returned
// with it cannot be written. That record may have a Source.
func Reject(reason error) error { return &rejectError{reason} }

// The service's limits for a record.
const (
	keyCharacters = 256
	maxHashKey    = "340282366920938463463374607431768211455" // 2^128-1
)

// check returns a Reject error for a record that the service would never accept. limit is
// the maximum size of data and partition key in bytes.
func check(r Record, limit int) error {
	switch key := r.PartitionKey; {
	case key == "":
		return Reject(errors.New("the partition key is empty"))
	case !utf8.ValidString(key):
		return Reject(fmt.Errorf("partition key %q is not valid UTF-8", key))
	case len(key) > keyCharacters && utf8.RuneCountInString(key) > keyCharacters:
		return Reject(fmt.Errorf("the partition key has %d characters: want at most %d", utf8.RuneCountInString(key), keyCharacters))
	}
	if !validHashKey(r.ExplicitHashKey) {
		return Reject(fmt.Errorf("explicit hash key %q: want a decimal number from 0 to 2^128-1", r.ExplicitHashKey))
	}
	if size := len(r.Data) + len(r.PartitionKey); size > limit {
		return Reject(fmt.Errorf("data and partition key have %s bytes: the stream takes at most %s",
			humanize.Comma(int64(size)), humanize.Comma(int64(limit))))
	}
	return nil
}

// validHashKey reports whether key is empty or matches the service's pattern
// 0|([1-9]\d{0,38}) and range.
func validHashKey(key string) bool {
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return false
		}
	}
	switch {
	case len(key) > 1 && key[0] == '0', len(key) > len(maxHashKey):
		return false
	}
	return len(key) < len(maxHashKey) || key <= maxHashKey
}
