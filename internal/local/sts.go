package local

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The part of the Security Token Service that a client needs to assume a role. It uses the query
// protocol: a form in the request, XML in the answer.

const (
	formType   = "application/x-www-form-urlencoded"
	xmlType    = "text/xml"
	stsXMLNS   = "https://sts.amazonaws.com/doc/2011-06-15/"
	stsVersion = "2011-06-15"
)

// stsOperations has the calls of STS. Each is in its own file.
var stsOperations = map[string]func(*Endpoint, *stsCall) error{
	"AssumeRole":        (*Endpoint).assumeRole,
	"GetCallerIdentity": (*Endpoint).getCallerIdentity,
}

// stsCall is one request to STS.
type stsCall struct {
	*call
	form       url.Values
	caller     caller
	violations []string
}

// isSTS reports whether a request uses the query protocol.
func isSTS(r *http.Request) bool {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(media) == formType && r.Header.Get("X-Amz-Target") == ""
}

// serveSTS answers a request of the query protocol.
func (e *Endpoint) serveSTS(w http.ResponseWriter, r *http.Request) {
	c := &stsCall{call: &call{region: Region, xml: true}}
	began := time.Now()
	err := e.prepareSTS(c, r)
	if err == nil {
		c.script = e.faults.pick(c.call)
		if answered := e.before(w, r, c.op, c.script); answered {
			return
		}
		if err = e.checkSkew(w, r, c.script.skew, "SignatureDoesNotMatch"); err == nil {
			err = c.script.err
		}
		if err == nil {
			err = stsOperations[c.op](e, c)
		}
	}
	e.log.Debug("call", "op", c.op, "error", err, "took", time.Since(began))
	if c.script.breaks() {
		e.breakAnswer(w, r, c.call, err)
		return
	}
	e.count(c.op)
	e.answer(w, c.call, err)
}

// prepareSTS reads the request, checks its operation and authenticates the caller.
func (e *Endpoint) prepareSTS(c *stsCall, r *http.Request) error {
	body, err := readBody(nil, r)
	if err != nil {
		return err
	}
	if c.form, err = url.ParseQuery(string(body)); err != nil {
		return fail("MalformedQueryString", "%s", err)
	}
	action := c.form.Get("Action")
	if stsOperations[action] == nil || c.form.Get("Version") != stsVersion {
		return fail("InvalidAction", "Could not find operation %s for version %s", action, c.form.Get("Version"))
	}
	c.op = action
	c.caller, err = e.authenticate(r)
	switch {
	case errors.Is(err, errNoCredentials):
		return fail("MissingAuthenticationToken", "Request is missing Authentication Token")
	case errors.Is(err, errBadToken):
		return fail("InvalidClientTokenId", badTokenText)
	case errors.Is(err, errExpiredToken):
		return fail("ExpiredToken", expiredTokenText)
	}
	return err
}

// text returns a parameter and notes its violations.
func (c *stsCall) text(name string, t text) string {
	s := c.form.Get(name)
	member := strings.ToLower(name[:1]) + name[1:]
	switch length := utf8.RuneCountInString(s); {
	case !c.form.Has(name):
		if t.required {
			c.violations = append(c.violations, violation(member, "null", "Member must not be null"))
		}
	case length < t.min:
		c.violations = append(c.violations, violation(member, quoted(s), "Member must have length greater than or equal to "+strconv.Itoa(t.min)))
	case t.max > 0 && length > t.max:
		c.violations = append(c.violations, violation(member, quoted(s), "Member must have length less than or equal to "+strconv.Itoa(t.max)))
	case t.pattern != nil && !t.pattern.MatchString(s):
		pattern := strings.TrimSuffix(strings.TrimPrefix(t.pattern.String(), "^"), "$")
		c.violations = append(c.violations, violation(member, quoted(s), "Member must satisfy regular expression pattern: "+pattern))
	}
	return s
}

// problem returns the error for all violations, or nil.
func (c *stsCall) problem() error {
	switch len(c.violations) {
	case 0:
		return nil
	case 1:
		return fail("ValidationError", "1 validation error detected: %s", c.violations[0])
	}
	return fail("ValidationError", "%d validation errors detected: %s", len(c.violations), strings.Join(c.violations, "; "))
}

// replyXML sets the response to the result, in the envelope of the query protocol.
func (c *stsCall) replyXML(result any) error {
	type metadata struct {
		RequestID string `xml:"RequestId"`
	}
	var b bytes.Buffer
	err := xml.NewEncoder(&b).EncodeElement(struct {
		Namespace string `xml:"xmlns,attr"`
		Result    any
		Metadata  metadata `xml:"ResponseMetadata"`
	}{stsXMLNS, result, metadata{requestID()}}, xml.StartElement{Name: xml.Name{Local: c.op + "Response"}})
	c.out = b.Bytes()
	return err
}

// errorXML encodes an error for the query protocol.
func errorXML(api *apiError) []byte {
	type detail struct{ Type, Code, Message string }
	who := "Sender"
	if api.status() >= http.StatusInternalServerError {
		who = "Receiver"
	}
	var b bytes.Buffer
	_ = xml.NewEncoder(&b).Encode(struct { // strings, into memory
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Error: detail{who, api.code, api.message}, RequestID: requestID()})
	return b.Bytes()
}

// stsStatus returns the HTTP status of an STS error.
func stsStatus(api *apiError) int {
	switch api.code {
	case "AccessDenied", "ExpiredToken", "InvalidClientTokenId", "MissingAuthenticationToken":
		return http.StatusForbidden
	}
	return api.status()
}

var sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]*$`)
