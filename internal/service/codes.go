package service

// Error codes that a package tells apart from others of their class.
const (
	// CodeShardLimit is the read or write limit of one shard, or KMS's for it.
	CodeShardLimit = "ProvisionedThroughputExceededException"
	// CodeLimit is a rate of calls that was exceeded, or a number of things.
	CodeLimit = "LimitExceededException"
	// CodeExpiredIterator is a shard iterator that is more than 5 minutes old.
	CodeExpiredIterator = "ExpiredIteratorException"
	// CodeArgument is an argument that is well formed and not accepted: a position,
	// an iterator.
	CodeArgument = "InvalidArgumentException"
)

// codeNone is what the SDK calls an answer with an error status and no error code.
const codeNone = "UnknownError"

// classes has every error code that kin knows, of Kinesis and of STS. Codes of one
// class stand together.
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
	CodeExpiredIterator:         Expired,
	"ExpiredNextTokenException": Expired,

	CodeArgument:             Refused,
	"ValidationException":    Refused,
	"ValidationError":        Refused, // STS
	"SerializationException": Refused,
	"RequestEntityTooLarge":  Refused,

	"ResourceNotFoundException": Missing,

	"AccessDeniedException":   Denied,
	"AccessDenied":            Denied, // STS
	"OptInRequired":           Denied, // the account does not use the service
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

// Codes of the class Key that are about the caller, and not about the key itself.
const (
	CodeKeyDenied = "KMSAccessDeniedException"
	CodeKeyOptIn  = "KMSOptInRequired" // the account does not use KMS
)
