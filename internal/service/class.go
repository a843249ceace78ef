package service

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Class is what a failed call means.
type Class int

// The classes. Nothing was done by a call that was throttled, refused in any way,
// Unsendable or Unsent.
const (
	Unknown Class = iota // an error code that kin does not know

	Throttled   // too many calls, bytes or things at once
	InUse       // the stream or the consumer is not in the state for the call
	Transient   // a failure of the service that passes; the call may have been done
	Expired     // the iterator or the list's token is too old
	Refused     // the arguments are not accepted
	Missing     // the stream, shard or consumer is not there
	Denied      // this caller may not make the call
	Unauthentic // the service does not know the caller, or the caller's clock is wrong
	Key         // the stream's encryption key cannot be used
	Unsupported // the endpoint does not have the call

	// Those below have no error code.

	Unsendable // the request was not sent and will not be: no credentials, a proxy that refuses, wrong arguments
	Unsent     // the request did not reach the service; the next may
	Unanswered // cut off, timed out, or not an answer of Kinesis; the call may have been done
)

// ClassOf is the class of an error that is not nil.
func ClassOf(err error) Class {
	switch {
	case IsPermanent(err):
		return Unsendable
	case IsUnsent(err):
		return Unsent
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return classOfAnswer(api.ErrorCode(), Status(err))
	}
	var params smithy.InvalidParamsError
	var serialization *smithy.SerializationError
	var op *net.OpError
	switch {
	case errors.As(err, &params), errors.As(err, &serialization):
		return Unsendable
	case errors.As(err, &op) && op.Op == "dial":
		return Unsent
	}
	return Unanswered
}

// classOfAnswer is the class of an error code and an HTTP status, which is 0 where it is
// not known.
func classOfAnswer(code string, status int) Class {
	class := ClassOfCode(code)
	switch {
	case code == codeNone:
		return Unanswered // by Kinesis: it is a proxy's page
	case class == Unknown && status >= http.StatusInternalServerError:
		return Transient
	}
	return class
}

// ClassOfCode is the class of an error code, of a call or of one record of PutRecords.
func ClassOfCode(code string) Class { return classes[code] }

// Code is the error code of the service's answer; empty without one.
func Code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == codeNone {
		return ""
	}
	return api.ErrorCode()
}

// Status is the HTTP status of an answer that is an error; 0 without one.
func Status(err error) int {
	if answer := answerOf(err); answer != nil {
		return answer.StatusCode
	}
	return 0
}

// IsHTML reports whether an answer that is an error is a page of HTML.
func IsHTML(err error) bool {
	answer := answerOf(err)
	return answer != nil && strings.HasPrefix(strings.ToLower(answer.Header.Get("Content-Type")), "text/html")
}

// answerOf is the HTTP answer that an error is; nil without one.
func answerOf(err error) *smithyhttp.Response {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return nil
	}
	return answer.Response
}

// IsPermanent reports whether an error says that the same call will fail again: there
// are no credentials, or a proxy refuses the connection.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// IsUnsent reports whether an error says that the request never reached the service.
func IsUnsent(err error) bool {
	var u interface{ Unsent() bool }
	return errors.As(err, &u) && u.Unsent()
}

// IsDenied reports whether a call is not allowed to this caller.
func IsDenied(err error) bool { return err != nil && ClassOf(err) == Denied }

// IsUnauthentic reports whether the service refused who signed a call, or when.
func IsUnauthentic(err error) bool { return err != nil && ClassOf(err) == Unauthentic }

// IsRefusedForNow reports whether the service, or STS before it, answered that the call
// passes later: there are too many calls, or the stream is being created.
func IsRefusedForNow(err error) bool {
	class := ClassOfCode(Code(err))
	return class == Throttled || class == InUse
}
