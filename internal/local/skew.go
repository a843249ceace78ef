package local

import (
	"net/http"
	"time"
)

// maxSkew is the largest difference between the time of a signature and the service's clock
// (AWS Signature Version 4).
const maxSkew = 5 * time.Minute

// checkSkew implements the skew fault with a clock that is ahead by skew. It sets the Date of
// the answer to that clock. It returns an error with code if the signature is too old or too
// new by that clock.
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
	case now.Sub(signed) > maxSkew:
		return fail(code, "Signature expired: %s is now earlier than %s (%s - 5 min.)", signed.Format(layout), now.Add(-maxSkew).Format(layout), now.Format(layout))
	case signed.Sub(now) > maxSkew:
		return fail(code, "Signature not yet current: %s is still later than %s (%s + 5 min.)", signed.Format(layout), now.Add(maxSkew).Format(layout), now.Format(layout))
	}
	return nil
}
