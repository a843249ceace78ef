package service

// Class is what a failed call means.
type Class int

// The classes. A call that was throttled, refused in any way, Unsendable or Unsent has
// changed nothing.
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
	Unsupported // the endpoint does not know the call

	// Those below have no error code.

	Unsendable // the request was not sent and will not be: no credentials, a proxy that refuses, wrong arguments
	Unsent     // the request did not reach the service; the next may
	Unanswered // cut off, timed out, or not an answer of Kinesis; the call may have been done
)

// ClassOfCode is the class of an error code, of a call or of one record of PutRecords.
func ClassOfCode(code string) Class { return classes[code] }

// Error codes that a package treats unlike others of their class.
const (
	// CodeShardLimit is the read or write limit of one shard.
	CodeShardLimit = "ProvisionedThroughputExceededException"
	// CodeLimit is a rate of calls that was exceeded, or a number of things.
	CodeLimit = "LimitExceededException"
	// CodeArgument is an argument that is well formed and not accepted: a position,
	// an iterator.
	CodeArgument = "InvalidArgumentException"
	// CodeOptIn is an account that does not use the service.
	CodeOptIn = "OptInRequired"
)

// Codes of the class Key that are about the caller, and not about the key itself.
const (
	CodeKeyDenied = "KMSAccessDeniedException"
	CodeKeyOptIn  = "KMSOptInRequired" // the account does not use KMS
)

// codeNone is what the SDK calls an answer with an error status and no error code.
const codeNone = "UnknownError"

// classes has every error code that kin knows, of Kinesis and of STS. They are
// grouped by class.
var classes = map[string]Class{
	// Too many calls, bytes or things at once, of all callers together.
	CodeShardLimit:             Throttled,
	CodeLimit:                  Throttled,
	"KMSThrottlingException":   Throttled,
	"ThrottlingException":      Throttled,
	"Throttling":               Throttled,
	"RequestLimitExceeded":     Throttled,
	"TooManyRequestsException": Throttled,

	// The stream is being created, or the name of a consumer is taken.
	"ResourceInUseException": InUse,

	// The service's own failures. They pass.
	"InternalFailure":             Transient,
	"InternalFailureException":    Transient,
	"InternalServerError":         Transient,
	"InternalServiceError":        Transient,
	"ServiceUnavailable":          Transient,
	"ServiceUnavailableException": Transient,
	"RequestTimeout":              Transient,
	"RequestTimeoutException":     Transient,

	// A token of a list lives 300 s, and so does an iterator.
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

	// Who signed the call, or when. The same call with the same credentials fails again.
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

	// The key of an encrypted stream does not change by waiting.
	CodeKeyDenied:              Key,
	CodeKeyOptIn:               Key,
	"KMSDisabledException":     Key,
	"KMSInvalidStateException": Key,
	"KMSNotFoundException":     Key,

	"UnknownOperationException": Unsupported,
}
