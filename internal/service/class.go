// Package service is what kin's packages share about calls of the service: the calls
// with their inputs and outputs, which class of failure an error is, how long one
// attempt may last, when the next one is made, and how calls that keep failing are
// reported.
//
// It decides nothing about a class: what is retried, and what ends a run, is for
// those who make the call.
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

// RefusalTime is the Date of an answer that was an error; zero without one.
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

// IsShardLimit reports whether the read or write limit of a shard was met.
func IsShardLimit(err error) bool {
	return ClassOf(err) == Throttled && Code(err) == CodeShardLimit
}
