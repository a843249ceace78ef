package writer

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/writer/queue"
)

// resultError returns the error in the result of an entry. It is nil if the entry was
// written, an *entryError if it failed, and an *oddResultError if the result is
// implausible. By the API documentation of PutRecordsResultEntry, an entry has either a
// shard ID and a sequence number, or an error code.
func resultError(r *types.PutRecordsResultEntry) error {
	shard, sequence, code := deref(r.ShardId), deref(r.SequenceNumber), deref(r.ErrorCode)
	switch {
	case code != "" && sequence != "":
		return &oddResultError{"a record with both a sequence number and an error code (" + printable(code) + ")"}
	case code != "":
		return &entryError{code, deref(r.ErrorMessage)}
	case sequence == "":
		return &oddResultError{"a record with neither a sequence number nor an error code"}
	case !isSequenceNumber(sequence):
		return &oddResultError{"a record with a sequence number that is not a number"}
	case !isShardID(shard):
		return &oddResultError{"a record without the ID of a shard"}
	}
	return nil
}

// oddResultError is an implausible result of an entry. The entry's record may be written.
type oddResultError struct{ what string }

func (e *oddResultError) Error() string { return "the answer has " + e.what }

// The maximum lengths of a sequence number and a shard ID (API documentation).
const (
	maxSequenceDigits = 129
	maxShardIDLength  = 128
)

// isSequenceNumber reports whether s matches 0|([1-9]\d{0,128}).
func isSequenceNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= maxSequenceDigits && (s[0] != '0' || len(s) == 1)
}

// isShardID reports whether s matches [a-zA-Z0-9_.-]{1,128}.
func isShardID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxShardIDLength
}

// printable returns an untrusted error code if it is safe to print, otherwise "malformed".
func printable(code string) string {
	if len(code) > maxShardIDLength || !isShardID(code) {
		return "malformed"
	}
	return code
}

// failedResult returns the result of a record that is not written, as far as kin knows. If
// an earlier request with the record had no answer, the message mentions it: the record may
// be in the stream.
func failedResult(e *queue.Entry, cause error) Result {
	code, message := codeOf(cause), messageOf(cause)
	if e.PossiblyWritten() {
		if code == codeNotWritten {
			code = codeNoAnswer
		}
		message += "; the record may be in the stream, because an earlier request with it had no answer"
	}
	return Result{Record: e.Number, ErrorCode: code, ErrorMessage: message}
}
