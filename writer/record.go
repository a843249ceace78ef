package writer

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"kin/writer/queue"
)

// Record is one record to write. The writer copies what it is made of, so it
// may share memory with other records for as long as next is called for it;
// data of more than 128 KiB is not copied and must not change until Run has
// returned.
type Record = queue.Record

// Result is what became of one record of the input.
type Result = queue.Result

// Rejection is a record that is given up.
type Rejection struct {
	Record // as next returned it
	Number int64
	Reason string
	Unsure bool // it may be in the stream all the same
}

// rejectError is the error of a record that cannot be written.
type rejectError struct{ err error }

func (r *rejectError) Error() string { return r.err.Error() }

func (r *rejectError) Unwrap() error { return r.err }

// Reject is the error with which the input of Run says that its next record
// cannot be written, and why. The record that comes with it may have a Source.
func Reject(reason error) error { return &rejectError{reason} }

// The service's limits of a record.
const (
	keyCharacters = 256
	mostHashKey   = "340282366920938463463374607431768211455" // 2^128-1
)

// check returns the rejection of a record that the service would never accept.
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

// validHashKey reports whether key is empty or what the service's pattern
// 0|([1-9]\d{0,38}) and range allow.
func validHashKey(key string) bool {
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return false
		}
	}
	switch {
	case len(key) > 1 && key[0] == '0', len(key) > len(mostHashKey):
		return false
	}
	return len(key) < len(mostHashKey) || key <= mostHashKey
}
