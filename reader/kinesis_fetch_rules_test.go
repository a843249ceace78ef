package reader

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/record"
)

func TestRule1_8_FollowsEmptyPagesWhileBehind(t *testing.T) {
	for name, way := range map[string]local.Options{"with MillisBehindLatest": {}, "no MillisBehindLatest": {OmitMillisBehindLatest: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, way)
				s.Put(0, numbers(1, 4)...)
				time.Sleep(2 * time.Second)
				s.Fault("GetRecords=empty*20")
				o := testOptions()
				o.MaxRecordsPerFetch = 2
				start := time.Now()
				var got []string
				s.Must(readInto(t, s, 30*time.Second, o, func(b *Batch) error {
					got = append(got, batchRecords(b)...)
					if took := time.Since(start); took > 9*time.Second {
						t.Errorf("records came after %s, want 20 empty pages in 8 s", took)
					}
					return nil
				}))
				ordered(t, got, numbers(1, 4)...)
			})
		})
	}
}

func TestRule1_10_SpacesPagesByTheirBytes(t *testing.T) {
	// 11 MB in one shard, read at the maximum rate from an endpoint that enforces the limits. A
	// page of 10 MiB is followed by a pause of five seconds, and no call is throttled.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		payload := strings.Repeat("x", 1_000_000)
		const records = 11
		for range records {
			s.Put(0, payload)
			time.Sleep(time.Second)
		}
		o := testOptions()
		o.MaxFetchRate, o.MinFetchPeriod, o.AvailableNow = maxFetchRate, minFetchPeriod, true
		o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return append(dst, 'x'), nil }
		r, err := New(s, o)
		s.Must(err)
		n, start := 0, time.Now()
		s.Must(r.Run(t.Context(), HandlerOf(func(b *Batch) error { n += b.Records; return nil })))
		if took := time.Since(start); n != records || r.Progress().Throttles != 0 || took < 5*time.Second || took > 7*time.Second {
			t.Errorf("%d records in %s with %d throttles", n, took, r.Progress().Throttles)
		}
	})
}

func TestRule1_10_ErrorClasses(t *testing.T) {
	for what, codes := range map[verdict]string{
		throttled: "ProvisionedThroughputExceededException",
		retryable: "LimitExceededException KMSThrottlingException InternalFailure InternalServerError ServiceUnavailable " +
			"RequestTimeout ThrottlingException ResourceInUseException",
		fatal: "KMSAccessDeniedException KMSDisabledException KMSInvalidStateException KMSNotFoundException KMSOptInRequired " +
			"AccessDeniedException UnrecognizedClientException ValidationException",
		expired:  "ExpiredIteratorException",
		refused:  "InvalidArgumentException",
		notFound: "ResourceNotFoundException",
	} {
		for code := range strings.FieldsSeq(codes) {
			if got := classify(fmt.Errorf("call: %w", kinesistest.APIError(code))); got != what {
				t.Errorf("%s: %d, want %d", code, got, what)
			}
		}
	}
	if got := classify(errors.New("unexpected EOF")); got != retryable {
		t.Errorf("a broken connection: %d", got)
	}
}
