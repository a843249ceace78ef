package local

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// Role is an IAM role for which AssumeRole issues credentials.
type Role struct {
	ARN        string
	ExternalID string // required by AssumeRole; "" = any or none
}

var (
	rolePattern       = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+,.@-]+/)*([\w+,.@-]{1,64})$`)
	externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
)

// ParseRole parses ARN or ARN=EXTERNAL_ID. Its errors name the expected form and do not repeat
// s.
func ParseRole(s string) (Role, error) {
	arn, id, given := strings.Cut(s, "=")
	r := Role{ARN: arn, ExternalID: id}
	if given && id == "" {
		return Role{}, errors.New("want an external ID after =")
	}
	return r, r.validate()
}

func (r Role) validate() error {
	if !rolePattern.MatchString(r.ARN) {
		return errors.New("want the ARN of a role, such as arn:aws:iam::" + Account + ":role/reader, with =EXTERNAL_ID after it if the role requires one")
	}
	if n := len(r.ExternalID); n == 1 || n > maxExternalID || !externalIDPattern.MatchString(r.ExternalID) {
		return errors.New("want an external ID of 2 to 1224 letters, digits and _+=,.@:/-")
	}
	return nil
}

const maxExternalID = 1224

// assumed returns the ARN of a session of the role.
func (r Role) assumed(session string) string {
	m := rolePattern.FindStringSubmatch(r.ARN)
	partition := strings.SplitN(r.ARN, ":", 3)[1]
	return "arn:" + partition + ":sts::" + m[1] + ":assumed-role/" + m[2] + "/" + session
}

func (r Role) account() string { return rolePattern.FindStringSubmatch(r.ARN)[1] }

// identities has the roles and the credentials that were issued.
type identities struct {
	sync.RWMutex // guards the following
	roles        []Role
	sessions     map[string]*session // by access key ID
}

// session has temporary credentials of a role.
type session struct {
	role           Role
	name           string
	key, secret    string
	token          string
	expires        int64 // ms
	assumedRoleID  string
	assumedRoleARN string
}

// AddRole adds a role. It replaces a role with the same ARN.
func (e *Endpoint) AddRole(r Role) error {
	if err := r.validate(); err != nil {
		return fmt.Errorf("role %s: %w", r.ARN, err)
	}
	e.identities.Lock()
	defer e.identities.Unlock()
	for i, other := range e.identities.roles {
		if other.ARN == r.ARN {
			e.identities.roles[i] = r
			return nil
		}
	}
	e.identities.roles = append(e.identities.roles, r)
	return nil
}

// role returns the role of an ARN, or false if it is unknown.
func (e *Endpoint) role(arn string) (Role, bool) {
	e.identities.RLock()
	defer e.identities.RUnlock()
	for _, r := range e.identities.roles {
		if r.ARN == arn {
			return r, true
		}
	}
	return Role{}, false
}

// openSession issues credentials of a role. expires is in milliseconds.
func (e *Endpoint) openSession(r Role, name string, expires int64) *session {
	b := make([]byte, 10+30+60)
	_, _ = rand.Read(b) // documented never to fail
	s := &session{
		role: r, name: name, expires: expires,
		key:            "ASIA" + base32.StdEncoding.EncodeToString(b[:10]),
		secret:         base64.StdEncoding.EncodeToString(b[10:40]),
		token:          base64.StdEncoding.EncodeToString(b[40:]),
		assumedRoleID:  "AROA" + base32.StdEncoding.EncodeToString(seal([]byte(r.ARN), e.key)[:10]) + ":" + name,
		assumedRoleARN: r.assumed(name),
	}
	e.identities.Lock()
	defer e.identities.Unlock()
	if e.identities.sessions == nil {
		e.identities.sessions = map[string]*session{}
	}
	e.identities.sessions[s.key] = s
	return s
}

// caller is the identity that signed a request.
type caller struct {
	key     string   // the access key ID
	region  string   // of the credential scope; "" if that is malformed
	session *session // nil = not the credentials of a role
}

// The reasons why credentials are refused. Kinesis and STS have different codes and messages
// for them.
var (
	errNoCredentials = errors.New("no credentials")
	errBadToken      = errors.New("the token is not that of the credentials")
	errExpiredToken  = errors.New("the credentials have expired")
)

const (
	badTokenText     = "The security token included in the request is invalid."
	expiredTokenText = "The security token included in the request is expired"
)

// authenticate returns the caller of a request. It accepts any credentials, but refuses a
// request without any. It accepts a role's credentials only with their token and until they
// expire.
func (e *Endpoint) authenticate(r *http.Request) (caller, error) {
	credential := ""
	token := r.Header.Get("X-Amz-Security-Token")
	if h := r.Header.Get("Authorization"); h != "" {
		if _, rest, found := strings.Cut(h, "Credential="); found {
			credential, _, _ = strings.Cut(rest, ",")
		}
	} else if q := r.URL.Query(); q.Has("X-Amz-Algorithm") {
		credential = q.Get("X-Amz-Credential")
		token = q.Get("X-Amz-Security-Token")
	} else {
		return caller{}, errNoCredentials
	}
	var who caller
	if scope := strings.Split(credential, "/"); len(scope) == 5 { // key/date/region/service/aws4_request
		who.key, who.region = scope[0], scope[2]
	}
	e.identities.RLock()
	who.session = e.identities.sessions[who.key]
	e.identities.RUnlock()
	switch {
	case who.session == nil:
		return who, nil
	case token != who.session.token:
		return who, errBadToken
	case e.millis() >= who.session.expires:
		return who, errExpiredToken
	}
	return who, nil
}

// kinesisError returns Kinesis's error for an error of authenticate.
func kinesisError(err error) error {
	switch {
	case errors.Is(err, errNoCredentials):
		return fail("MissingAuthenticationTokenException", "Missing Authentication Token")
	case errors.Is(err, errBadToken):
		return fail("UnrecognizedClientException", badTokenText)
	case errors.Is(err, errExpiredToken):
		return fail("ExpiredTokenException", expiredTokenText)
	}
	return err
}
