// Package service has the code that kin's packages share for calls of the service:
//
//   - the calls with their inputs and outputs
//   - the class of an error
//   - the time limit of an attempt, and the wait before the next one
//   - reports of calls that keep failing
//
// The caller decides what a class means: which failures it retries and which ones end a run.
package service

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ClassOf returns the class of an error. err must not be nil.
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

// classOfAnswer returns the class of an error code and an HTTP status. The status is 0 if it
// is unknown.
func classOfAnswer(code string, status int) Class {
	class := ClassOfCode(code)
	switch {
	case code == codeNone:
		return Unanswered // Kinesis did not answer: it is a page of a proxy
	case class == Unknown && status >= http.StatusInternalServerError:
		return Transient
	}
	return class
}

// Code returns the error code of the service's answer, or "" if there is none.
func Code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == codeNone {
		return ""
	}
	return api.ErrorCode()
}

// Status returns the HTTP status of an error answer, or 0 if there was no answer.
func Status(err error) int {
	if answer := answerOf(err); answer != nil {
		return answer.StatusCode
	}
	return 0
}

// IsHTML reports whether an error answer is an HTML page.
func IsHTML(err error) bool {
	answer := answerOf(err)
	return answer != nil && strings.HasPrefix(strings.ToLower(answer.Header.Get("Content-Type")), "text/html")
}

// RefusalTime returns the Date header of an error answer, or zero if it has none.
func RefusalTime(err error) time.Time {
	answer := answerOf(err)
	if answer == nil {
		return time.Time{}
	}
	date, err := smithyhttp.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// answerOf returns the HTTP answer of an error, or nil if there was none.
func answerOf(err error) *smithyhttp.Response {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return nil
	}
	return answer.Response
}

// IsPermanent reports whether an error is marked as one that a retry cannot change. Examples
// are missing credentials and a proxy that refuses the connection.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// IsUnsent reports whether an error is marked as unsent: the request did not reach the service.
func IsUnsent(err error) bool {
	var u interface{ Unsent() bool }
	return errors.As(err, &u) && u.Unsent()
}

// IsDenied reports whether this caller may not make the call. It is false for nil.
func IsDenied(err error) bool { return err != nil && ClassOf(err) == Denied }

// IsUnauthentic reports whether the service refused the credentials or the signing time of a
// call. It is false for nil.
func IsUnauthentic(err error) bool { return err != nil && ClassOf(err) == Unauthentic }

// IsRefusedForNow reports whether the service or STS refused the call only for now: there were
// too many calls, or the stream is being created. It is false for nil.
func IsRefusedForNow(err error) bool {
	class := ClassOfCode(Code(err))
	return class == Throttled || class == InUse
}

// IsShardLimit reports whether a call exceeded the read or write limit of a shard. err must not
// be nil.
func IsShardLimit(err error) bool {
	return ClassOf(err) == Throttled && Code(err) == CodeShardLimit
}
