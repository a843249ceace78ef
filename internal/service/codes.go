package service

// Class is the kind of failure of a call.
type Class int

// The classes. A call has changed nothing if it was throttled, refused in any way, Unsendable
// or Unsent.
const (
	Unknown Class = iota // an error code that kin does not know

	Throttled   // too many calls, bytes or resources at once
	InUse       // the stream or the consumer is not in the right state for the call
	Transient   // a temporary failure of the service; the call may have had its effect
	Expired     // the iterator or the token of a list is too old
	Refused     // the service does not accept the arguments
	Missing     // the stream, shard or consumer does not exist
	Denied      // this caller may not make the call
	Unauthentic // the service does not know the caller, or the caller's clock is wrong
	Key         // the stream's encryption key cannot be used
	Unsupported // the endpoint does not know the call

	// The following classes have no error code.

	// Unsendable: the request cannot be sent. There are no credentials, a proxy refuses the
	// connection, or the arguments are wrong. A retry cannot help.
	Unsendable
	Unsent     // the request did not reach the service; the next one may
	Unanswered // cut off, timed out or not from Kinesis; the call may have had its effect
)

// ClassOfCode returns the class of an error code of a call, or of a record of PutRecords.
func ClassOfCode(code string) Class { return classes[code] }

// Error codes that a package treats differently from the others of their class.
const (
	// CodeShardLimit means that the read or write limit of a shard was exceeded.
	CodeShardLimit = "ProvisionedThroughputExceededException"
	// CodeLimit means that a limit on the rate of calls, or on a number of resources, was
	// exceeded.
	CodeLimit = "LimitExceededException"
	// CodeArgument means that an argument, such as a position or an iterator, is well-formed
	// but not accepted.
	CodeArgument = "InvalidArgumentException"
	// CodeOptIn means that the account is not subscribed to the service.
	CodeOptIn = "OptInRequired"
)

// Codes of the class Key that depend on the caller and not on the state of the key.
const (
	CodeKeyDenied = "KMSAccessDeniedException"
	CodeKeyOptIn  = "KMSOptInRequired" // the account does not use KMS
)

// codeNone is the SDK's error code for an answer with an error status but no code.
const codeNone = "UnknownError"

// classes has the error codes of Kinesis and of STS that kin knows, grouped by class.
var classes = map[string]Class{
	// Too many calls, bytes or resources at once, by all callers together.
	CodeShardLimit:             Throttled,
	CodeLimit:                  Throttled,
	"KMSThrottlingException":   Throttled,
	"ThrottlingException":      Throttled,
	"Throttling":               Throttled,
	"RequestLimitExceeded":     Throttled,
	"TooManyRequestsException": Throttled,

	// The stream is being created, or the name of a consumer is taken.
	"ResourceInUseException": InUse,

	// Temporary failures of the service.
	"InternalFailure":             Transient,
	"InternalFailureException":    Transient,
	"InternalServerError":         Transient,
	"InternalServiceError":        Transient,
	"ServiceUnavailable":          Transient,
	"ServiceUnavailableException": Transient,
	"RequestTimeout":              Transient,
	"RequestTimeoutException":     Transient,

	// A token of a list and an iterator each expire after 300 s.
	"ExpiredIteratorException":  Expired,
	"ExpiredNextTokenException": Expired,

	CodeArgument:             Refused,
	"ValidationException":    Refused,
	"ValidationError":        Refused, // STS
	"SerializationException": Refused,
	"RequestEntityTooLarge":  Refused,

	"ResourceNotFoundException": Missing,

	"AccessDeniedException":   Denied,
	"AccessDenied":            Denied, // STS
	CodeOptIn:                 Denied,
	"RegionDisabledException": Denied, // STS: the account does not use the region

	// The credentials or the signing time. The same call with the same credentials fails again.
	"UnrecognizedClientException":         Unauthentic,
	"InvalidClientTokenId":                Unauthentic,
	"InvalidSignatureException":           Unauthentic,
	"SignatureDoesNotMatch":               Unauthentic,
	"IncompleteSignatureException":        Unauthentic,
	"IncompleteSignature":                 Unauthentic,
	"MissingAuthenticationTokenException": Unauthentic,
	"MissingAuthenticationToken":          Unauthentic,
	"ExpiredTokenException":               Unauthentic,
	"ExpiredToken":                        Unauthentic,
	"TokenRefreshRequired":                Unauthentic,
	"RequestExpired":                      Unauthentic,
	"RequestTimeTooSkewed":                Unauthentic,
	"RequestInTheFuture":                  Unauthentic,
	"AuthFailure":                         Unauthentic,

	// The key of an encrypted stream. A retry does not help.
	CodeKeyDenied:              Key,
	CodeKeyOptIn:               Key,
	"KMSDisabledException":     Key,
	"KMSInvalidStateException": Key,
	"KMSNotFoundException":     Key,

	"UnknownOperationException": Unsupported,
}
