package local

import (
	"net/http"
	"time"
)

// signatureLasts is how far the time of a signature may be from the service's (AWS
// Signature Version 4).
const signatureLasts = 5 * time.Minute

// checkSkew is the skew fault: it sets the Date of the answer to a clock that is ahead
// by skew, and refuses a signature that is too old or too new by that clock, with code.
func (e *Endpoint) checkSkew(w http.ResponseWriter, r *http.Request, skew time.Duration, code string) error {
	if skew == 0 {
		return nil
	}
	const layout = "20060102T150405Z"
	now := e.Now().UTC().Add(skew)
	w.Header().Set("Date", now.Format(http.TimeFormat))
	signed, err := time.Parse(layout, r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil:
		return fail(code, "Date in the request is not in ISO 8601 basic format")
	case now.Sub(signed) > signatureLasts:
		return fail(code, "Signature expired: %s is now earlier than %s (%s - 5 min.)", signed.Format(layout), now.Add(-signatureLasts).Format(layout), now.Format(layout))
	case signed.Sub(now) > signatureLasts:
		return fail(code, "Signature not yet current: %s is still later than %s (%s + 5 min.)", signed.Format(layout), now.Add(signatureLasts).Format(layout), now.Format(layout))
	}
	return nil
}
