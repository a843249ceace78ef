package writer

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/writer/queue"
)

// resultError is the error in the result of an entry: nil for one that was written, an
// *entryError for one that failed, and an *oddResultError for one that nothing can
// be concluded from. The service says that an entry has either a shard ID and a
// sequence number or an error code (API documentation of PutRecordsResultEntry).
func resultError(r *types.PutRecordsResultEntry) error {
	shard, sequence, code := deref(r.ShardId), deref(r.SequenceNumber), deref(r.ErrorCode)
	switch {
	case code != "" && sequence != "":
		return &oddResultError{"a record with a sequence number and the error code " + printable(code)}
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

// oddResultError is a result that is not plausible. What became of its record is
// not known.
type oddResultError struct{ what string }

func (e *oddResultError) Error() string { return "the answer has " + e.what }

// The longest sequence number and shard ID (API documentation).
const (
	mostSequenceDigits = 129
	mostShardID        = 128
)

// isSequenceNumber reports whether s is 0|([1-9]\d{0,128}).
func isSequenceNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= mostSequenceDigits && (s[0] != '0' || len(s) == 1)
}

// isShardID reports whether s is [a-zA-Z0-9_.-]+.
func isShardID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= mostShardID
}

// printable is an error code of an answer that is not to be trusted.
func printable(code string) string {
	if len(code) > mostShardID || !isShardID(code) {
		return "of another form"
	}
	return code
}

// failedResult is what to report of a record that is not written as far as is
// known. The message mentions earlier requests whose outcome is not known: NotWritten, or
// the last answer of the service, would not be the whole truth.
func failedResult(e *queue.Entry, cause error) Result {
	code, message := codeOf(cause), messageOf(cause)
	if e.Unsure() {
		if code == codeNotWritten {
			code = codeNoAnswer
		}
		message += "; it may be in the stream, because a request with it had no answer"
	}
	return Result{Record: e.Number, ErrorCode: code, ErrorMessage: message}
}
