package local

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The account and the region in every ARN. If a request was signed for another region, its ARNs
// have that region.
const (
	Account = "000000000000"
	Region  = "us-east-1"
)

// Limits selects how the service's throughput limits are enforced.
type Limits string

// The values of Limits.
const (
	LimitsOn     Limits = "on"     // token buckets, as in the service
	LimitsOff    Limits = "off"    // no throughput limits; size limits of requests still apply
	LimitsWindow Limits = "window" // fixed one-second windows
)

// Trimmed selects what GetShardIterator and GetRecords do with a sequence number whose record
// has left the retention period. Reports about the service disagree, so a reader must handle
// all three.
type Trimmed string

// The values of Trimmed.
const (
	TrimmedOldest Trimmed = "oldest" // reading starts at the oldest retained record
	TrimmedError  Trimmed = "error"  // GetShardIterator returns InvalidArgumentException
	TrimmedEmpty  Trimmed = "empty"  // only empty pages; MillisBehindLatest is the retention period
)

// Takeover selects how a subscription ends if another one of the same consumer and shard takes
// over. The API documentation allows both ways.
type Takeover string

// The values of Takeover.
const (
	TakeoverError Takeover = "error" // ResourceInUseException in the stream
	TakeoverEnd   Takeover = "end"   // the stream closes, as it does after five minutes
)

// Options configure an Endpoint. The zero value is valid: limits on, no streams, and immediate
// changes of status.
type Options struct {
	Limits  Limits       // "" = LimitsOn
	Streams []StreamSpec // exist from the start; they are ACTIVE even if CreatingDelay is set
	Roles   []Role       // roles that AssumeRole knows
	Faults  []string     // see AddFault
	Log     *slog.Logger // nil = discard

	// Trimmed is for sequence numbers older than the retention period; "" = TrimmedOldest.
	Trimmed Trimmed

	// Takeover is for subscriptions that another one replaces; "" = TakeoverError.
	Takeover Takeover

	// QuietStart delays the first event of a subscription until there is a record or 5 seconds
	// have passed. Without it the first event is sent immediately.
	QuietStart bool

	// OmitChildShards omits ChildShards from the response or event at the end of a shard, as
	// some implementations do.
	OmitChildShards bool

	// EndAlone sends the end of a closed shard in a separate, empty response or event. Without
	// it the end is in the one with the last records.
	EndAlone bool

	// OmitMillisBehindLatest omits MillisBehindLatest from every response and event.
	OmitMillisBehindLatest bool

	// How long a stream stays CREATING, UPDATING and DELETING, and a consumer CREATING and
	// DELETING, by the endpoint's clock. With zero the status changes before the next call, so
	// a script need not wait.
	CreatingDelay         time.Duration
	UpdatingDelay         time.Duration
	DeletingDelay         time.Duration
	ConsumerCreatingDelay time.Duration
	ConsumerDeletingDelay time.Duration
}

// StreamSpec is a stream that exists from the start.
type StreamSpec struct {
	Name   string
	Shards int
}

const (
	defaultRetentionHours = 24
	maxRetentionHours     = 8760
	defaultRecordKiB      = 1024
	maxRecordKiB          = 10240
	maxShards             = 10000
)

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

// ParseStreamSpec parses NAME:SHARDS, or NAME, which means one shard. Its errors name the
// expected form and do not repeat s.
func ParseStreamSpec(s string) (StreamSpec, error) {
	name, count, found := strings.Cut(s, ":")
	spec := StreamSpec{Name: name, Shards: 1}
	if found {
		n, err := strconv.Atoi(count)
		if err != nil {
			return StreamSpec{}, errors.New("want NAME or NAME:SHARDS, a number of shards such as 4")
		}
		spec.Shards = n
	}
	if err := spec.validate(); err != nil {
		return StreamSpec{}, err
	}
	return spec, nil
}

func (s StreamSpec) validate() error {
	if len(s.Name) > 128 || !namePattern.MatchString(s.Name) {
		return errors.New("want a name of 1 to 128 characters, of a-z, A-Z, 0-9, _ . -")
	}
	if s.Shards < 1 || s.Shards > maxShards {
		return fmt.Errorf("want 1 to %d shards", maxShards)
	}
	return nil
}

// choose sets an empty value to the first choice, and returns an error about any other value. want
// lists the choices.
func choose[T ~string](name string, v *T, want string, choices ...T) error {
	if *v == "" {
		*v = choices[0]
	}
	if !slices.Contains(choices, *v) {
		return fmt.Errorf("%s %q: want %s", name, string(*v), want)
	}
	return nil
}

// withDefaults returns the options with defaults, or an error about the first invalid field.
func (o Options) withDefaults() (Options, error) {
	for _, err := range []error{
		choose("limits", &o.Limits, "on, off or window", LimitsOn, LimitsOff, LimitsWindow),
		choose("trimmed", &o.Trimmed, "oldest, error or empty", TrimmedOldest, TrimmedError, TrimmedEmpty),
		choose("takeover", &o.Takeover, "error or end", TakeoverError, TakeoverEnd),
	} {
		if err != nil {
			return o, err
		}
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{
		{"creating delay", o.CreatingDelay},
		{"updating delay", o.UpdatingDelay},
		{"deleting delay", o.DeletingDelay},
		{"consumer creating delay", o.ConsumerCreatingDelay},
		{"consumer deleting delay", o.ConsumerDeletingDelay},
	} {
		if d.d < 0 {
			return o, fmt.Errorf("%s %s: want zero or more", d.name, d.d)
		}
	}
	seen := map[string]bool{}
	for _, s := range o.Streams {
		if err := s.validate(); err != nil {
			return o, fmt.Errorf("stream %s:%d: %w", s.Name, s.Shards, err)
		}
		if seen[s.Name] {
			return o, fmt.Errorf("stream %q is named twice", s.Name)
		}
		seen[s.Name] = true
	}
	for i, r := range o.Roles {
		if err := r.validate(); err != nil {
			return o, fmt.Errorf("role %s: %w", r.ARN, err)
		}
		if slices.ContainsFunc(o.Roles[:i], func(other Role) bool { return other.ARN == r.ARN }) {
			return o, fmt.Errorf("role %s is named twice", r.ARN)
		}
	}
	o.Roles = slices.Clone(o.Roles)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
