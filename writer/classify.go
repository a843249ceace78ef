package writer

import (
	"net/http"

	"kin/internal/service"
)

// verdict is what to do about a failed call or a failed entry of a call.
type verdict int

const (
	resend       verdict = iota // nothing was written: send it again
	resendUnsure                // it may have been written: send it again
	fatal                       // it will always fail: end the run
	refused                     // the service refused this request, perhaps because of its size
	notFound                    // the stream does not exist
	denied                      // the caller lacks the permission for the call
	unknownCode                 // the error code is unknown to this package
)

// classify returns the verdict on a failed call. It depends on the class of the error.
func classify(err error) verdict {
	class := service.ClassOf(err)
	switch {
	case class == service.Unsendable, class == service.Unsent:
	case service.Status(err) == http.StatusRequestEntityTooLarge:
		return refused // a proxy limits the size of requests
	case service.Code(err) == service.CodeOptIn:
		return fatal
	}
	return ofClass(class)
}

// classifyCode returns the verdict on the error code of one entry.
func classifyCode(code string) verdict {
	if code == service.CodeOptIn {
		return fatal
	}
	return ofClass(service.ClassOfCode(code))
}

// ofClass returns the verdict on an error class. service.CodeOptIn needs an exception to
// it: an account that does not use the service may not write either.
func ofClass(class service.Class) verdict {
	switch class {
	case service.Throttled, service.InUse, service.Expired, service.Unsent:
		return resend
	case service.Transient, service.Unanswered:
		return resendUnsure
	case service.Refused:
		return refused
	case service.Missing:
		return notFound
	case service.Denied:
		return denied
	case service.Unauthentic, service.Key, service.Unsendable:
		return fatal
	}
	return unknownCode
}
