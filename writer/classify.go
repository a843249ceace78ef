package writer

import (
	"net/http"

	"kin/internal/service"
)

// verdict is what to do about a call, or an entry of one, that failed.
type verdict int

const (
	again       verdict = iota // nothing was written: send it once more
	unsure                     // it may have been written: send it once more
	fatal                      // it will fail again: end the run
	refused                    // the request was not accepted as it is: perhaps too large
	notFound                   // no such stream
	denied                     // this caller may not make the call
	unknownCode                // refused for a reason that this package does not know
)

// classify decides, by its class, what a failed call means.
func classify(err error) verdict {
	class := service.ClassOf(err)
	switch {
	case class == service.Unsendable, class == service.Unsent:
	case service.Status(err) == http.StatusRequestEntityTooLarge:
		return refused // by a proxy
	case service.Code(err) == service.CodeOptIn:
		return fatal
	}
	return ofClass(class)
}

// classifyCode is the verdict on the error code of one entry.
func classifyCode(code string) verdict {
	if code == service.CodeOptIn {
		return fatal
	}
	return ofClass(service.ClassOfCode(code))
}

// ofClass is the verdict on a class. The one code that it is not enough for is
// service.CodeOptIn: an account that does not use the service may not write either.
func ofClass(class service.Class) verdict {
	switch class {
	case service.Throttled, service.InUse, service.Expired, service.Unsent:
		return again
	case service.Transient, service.Unanswered:
		return unsure
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
