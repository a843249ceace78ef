package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/service"
	"kin/writer/queue"
)

// KINESIS.md 2.2 and bug 29: of 500 records, entries 3, 7 and 499 fail twice. Each record
// is stored once. No later record of its key passes it.
func TestRetriesOnlyFailedEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const throughput, internal = "ProvisionedThroughputExceededException", "InternalFailure"
		s := &memoryStream{}
		s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			switch n {
			case 1:
				return s.store(in, map[int]string{3: throughput, 7: internal, 499: throughput}), nil
			case 2:
				return s.store(in, map[int]string{0: throughput, 1: "SomethingNew", 2: internal}), nil
			}
			return nil, nil
		}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(700))
		got.Duration = 0
		want := Summary{Read: 700, Written: 700, Bytes: 9 + 90*2 + 601*3, Retried: 3, WrittenThrough: 700}
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		equal(t, "requests", s.sizes(), []int{500, 3, 3, 200})
		var order []string
		for _, n := range numbers(1, 499) {
			if n != "4" && n != "8" {
				order = append(order, n)
			}
		}
		order = append(append(order, "4", "8", "500"), numbers(501, 700)...)
		equal(t, "stored", s.stored, order)
	})
}

func TestRetriesAllRecordsAfterMalformedAnswer(t *testing.T) {
	for name, out := range map[string]*service.PutRecordsOutput{
		"empty": {}, "too long": {Records: make([]types.PutRecordsResultEntry, 4)},
		"empty results": {Records: make([]types.PutRecordsResultEntry, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{put: func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if n == 1 {
						return out, nil
					}
					return nil, nil
				}}
				got, err := newWriter(t, s, options()).Run(t.Context(), numbered(3))
				got.Duration = 0
				if want := (Summary{Read: 3, Written: 3, Bytes: 3, Retried: 3, PossiblyTwice: 3, PossibleCopies: 3, WrittenThrough: 3}); err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
				equal(t, "requests", s.sizes(), []int{3, 3})
			})
		})
	}
}

// answered returns err with an HTTP status.
func answered(status int, err error) error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "PutRecords", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
	}}
}

func api(code string) error { return &smithy.GenericAPIError{Code: code, Message: "m"} }

func TestRequestErrorIsRetriedOrEndsTheRun(t *testing.T) {
	const retried, twice, ended = "retried", "retried, perhaps twice", "ended"
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"throughput", answered(400, &types.ProvisionedThroughputExceededException{}), retried},
		{"limit", answered(400, api("LimitExceededException")), retried},
		{"KMS throttling", answered(400, &types.KMSThrottlingException{}), retried},
		{"being created", answered(400, &types.ResourceInUseException{}), retried},
		{"not listening", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, retried},
		{"internal failure", answered(500, &types.InternalFailureException{}), twice},
		{"unavailable", answered(503, api("ServiceUnavailable")), twice},
		{"unknown code, 5xx", answered(502, api("Strange")), twice},
		{"error page of a proxy", answered(403, api("UnknownError")), twice},
		{"garbage", &smithy.DeserializationError{Err: errors.New("invalid character '<'")}, twice},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, twice},
		{"cut body", fmt.Errorf("read response: %w", io.ErrUnexpectedEOF), twice},
		{"denied", answered(400, &types.AccessDeniedException{}), ended},
		{"stream not found", answered(400, &types.ResourceNotFoundException{}), ended},
		{"validation", answered(400, &types.ValidationException{}), ended},
		{"invalid argument", answered(400, &types.InvalidArgumentException{}), ended},
		{"KMS denied", answered(400, &types.KMSAccessDeniedException{}), ended},
		{"KMS disabled", answered(400, &types.KMSDisabledException{}), ended},
		{"signature", answered(403, api("InvalidSignatureException")), ended},
		{"expired credentials", answered(400, api("ExpiredTokenException")), ended},
		{"unknown code, 4xx", answered(400, api("Strange")), ended},
		{"too large for a proxy", answered(413, api("UnknownError")), ended},
		{"not serializable", &smithy.SerializationError{Err: errors.New("x")}, ended},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{put: func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if n == 2 {
						return nil, tt.err
					}
					return nil, nil
				}}
				got, err := newWriter(t, s, options()).Run(t.Context(), numbered(502))
				got.Duration = 0
				want := Summary{Read: 502, Written: 502, Bytes: 9 + 90*2 + 403*3, Retried: 2, WrittenThrough: 502}
				switch tt.want {
				case twice:
					want.PossiblyTwice, want.PossibleCopies = 2, 2
				case ended:
					want = Summary{Read: 502, Written: 500, Bytes: 9 + 90*2 + 401*3, WrittenThrough: 500}
				}
				var call *CallError
				if got != want || (tt.want == ended) != errors.As(err, &call) || errors.As(err, &call) && !errors.Is(err, tt.err) {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
			})
		})
	}
}

func TestPermanentErrorOfAnEntryEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			return s.store(in, map[int]string{1: "ProvisionedThroughputExceededException", 2: "KMSDisabledException"}), nil
		}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(4))
		got.Duration = 0
		if want := (Summary{Read: 4, Written: 2, Bytes: 2, WrittenThrough: 1}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		var code smithy.APIError
		if !errors.As(err, &code) || code.ErrorCode() != "KMSDisabledException" || err.Error() != "PutRecords for stream orders: KMSDisabledException: no" {
			t.Errorf("got %v, want the code of the entry", err)
		}
	})
}

func TestHangingCallTimesOutAndIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n > 1 {
				return nil, nil
			}
			<-ctx.Done()
			return nil, fmt.Errorf("exceeded: %w", ctx.Err())
		}}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(2))
		if took := got.Duration - 30*time.Second; took < queue.FirstBackoff/2 || took > queue.FirstBackoff {
			t.Errorf("took %s, want 30s and a short wait", got.Duration)
		}
		got.Duration = 0
		if want := (Summary{Read: 2, Written: 2, Bytes: 2, Retried: 2, PossiblyTwice: 2, PossibleCopies: 2, WrittenThrough: 2}); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestRejectsRecordsAfterRetryFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages []string
		o := options()
		o.Info = func(message string) { messages = append(messages, message) }
		s := &memoryStream{}
		s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 {
				return s.store(in, map[int]string{1: "ProvisionedThroughputExceededException", 2: "InternalFailure"}), nil
			}
			return nil, throttled()
		}
		got, err := newWriter(t, s, o).Run(t.Context(), numbered(501))
		if got.Duration != 5*time.Minute {
			t.Errorf("took %s, want 5m", got.Duration)
		}
		got.Duration = 0
		want := Summary{Read: 501, Written: 498, Bytes: 9 + 90*2 + 401*3 - 2, Retried: 2, Rejected: 2, WrittenThrough: 1}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		const message = "2 records rejected after 5m of retries, the first is record 2 (ProvisionedThroughputExceededException: slow down)"
		if err == nil || err.Error() != message {
			t.Errorf("got %v, want %s", err, message)
		}
		var code smithy.APIError
		if errors.As(err, &code) {
			t.Error("RejectedError unwraps to an API error")
		}
		if n := len(s.requests); n < 30 || n > 75 {
			t.Errorf("%d requests in 5 minutes, want pauses that grow to 5 to 10 seconds", n)
		}
		const unknownShards = "cannot list the shards of orders (AccessDeniedException): kin sends without per-shard limits and retries throttled records"
		if len(messages) == 0 || messages[0] != unknownShards {
			t.Fatalf("messages %q, want a message about unknown shards", messages)
		}
		messages = messages[1:]
		if len(messages) < 5 || len(messages) > 6 || messages[0] != "orders: 2 records not written yet, retrying: ProvisionedThroughputExceededException: slow down" {
			t.Errorf("messages %q, want a line a minute", messages)
		}
	})
}

// Requests in flight may reject more records after the first rejection. The error of the
// run counts all of them.
func TestRejectedErrorCountsRequestsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()}
		s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 { // the request with the first record is answered last
				time.Sleep(time.Second)
			}
			fails := map[int]string{}
			for i := range in.Records {
				fails[i] = service.CodeShardLimit
			}
			return s.store(in, fails), nil
		}
		o := options()
		o.RetryFor = 0
		got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
			if i > 1200 {
				return Record{}, io.EOF
			}
			return recordInShard(i%4, 4, strconv.Itoa(i)), nil
		}))
		var rejected *RejectedError
		if !errors.As(err, &rejected) || rejected.Records != got.Rejected || rejected.First != 1 || got.Rejected < 501 {
			t.Errorf("got %v, and %d rejected", err, got.Rejected)
		}
	})
}

func TestPartialSuccessResetsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The shard accepts ten records per request. So 50 requests are needed, each after the
		// first, shortest pause.
		s := &memoryStream{}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			fails := map[int]string{}
			for i := 10; i < len(in.Records); i++ {
				fails[i] = "ProvisionedThroughputExceededException"
			}
			return s.store(in, fails), nil
		}
		got, err := newWriter(t, s, options()).Run(t.Context(), numbered(500))
		if err != nil || got.Written != 500 || got.Retried != 490 || got.Duration > 49*queue.FirstBackoff {
			t.Errorf("got %+v, %v, want 500 written within 4.9s", got, err)
		}
		equal(t, "stored", s.stored, numbers(1, 500))
	})
}

func TestRetryForZeroDoesNotRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.RetryFor = 0
		s := &memoryStream{put: func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			return nil, answered(500, api("InternalFailure"))
		}}
		got, err := newWriter(t, s, o).Run(t.Context(), numbered(2))
		if want := (Summary{Read: 2, Rejected: 2, Unsure: 2}); got != want || len(s.requests) != 1 {
			t.Errorf("got %+v, want %+v after one request", got, want)
		}
		const message = "2 records rejected without retries, the first is record 1 (InternalFailure: m); 2 may have been written"
		if err == nil || err.Error() != message {
			t.Errorf("got %v, want %s", err, message)
		}
	})
}

func TestShrinksRequestsForOlderEndpoints(t *testing.T) {
	for name, refusal := range map[string]error{
		"InvalidArgumentException": answered(400, &types.InvalidArgumentException{}),
		"413 of a proxy":           answered(413, api("UnknownError")),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{put: func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					size := 0
					for _, e := range in.Records {
						size += len(e.Data)
					}
					if size > 5<<20 {
						return nil, refusal
					}
					return nil, nil
				}}
				data := strings.Repeat("x", 1<<20-1)
				got, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
					if i > 20 {
						return Record{}, io.EOF
					}
					return Record{PartitionKey: "k", Data: []byte(data)}, nil
				}))
				if want := (Summary{Read: 20, Written: 20, Bytes: 20 * (1<<20 - 1), WrittenThrough: 20}); err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
				equal(t, "requests", s.sizes(), []int{9, 4, 4, 4, 4, 4})
			})
		})
	}
}

// If rejected records are saved, a refused request is sent again record by record. Only the
// bad record is rejected.
func TestIsolatesARefusedRecord(t *testing.T) {
	for _, aggregate := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &memoryStream{shards: fourShards()}
			s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
				for _, e := range in.Records {
					if strings.Contains(string(e.Data), "poison") {
						return nil, answered(400, &types.InvalidArgumentException{Message: aws.String("not that")})
					}
				}
				return nil, nil
			}
			o := options()
			o.Aggregate = aggregate
			var saved []string
			o.Rejected = func(r Rejection) error {
				saved = append(saved, fmt.Sprintf("%d %s %s", r.Number, r.Data, r.Reason))
				return nil
			}
			got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
				switch {
				case i == 7 || i == 444:
					return Record{PartitionKey: "k" + strconv.Itoa(i%3), Data: []byte("poison")}, nil
				case i > 1200:
					return Record{}, io.EOF
				}
				return Record{PartitionKey: "k" + strconv.Itoa(i%3), Data: []byte(strconv.Itoa(i))}, nil
			}))
			if err != nil || got.Written != 1198 || got.Rejected != 2 || got.WrittenThrough != 1200 || got.PossiblyTwice != 0 {
				t.Errorf("got %+v, %v", got, err)
			}
			slices.Sort(saved)
			equal(t, "saved", saved, []string{"444 poison InvalidArgumentException: not that", "7 poison InvalidArgumentException: not that"})
		})
	}
}

// The same for an entry that is refused in an answer.
func TestRejectsOnlyTheRefusedEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			fails := map[int]string{}
			for i, e := range in.Records {
				if string(e.Data) == "3" {
					fails[i] = "InvalidArgumentException"
				}
			}
			return s.store(in, fails), nil
		}
		o := options()
		var saved []int64
		o.Rejected = func(r Rejection) error { saved = append(saved, r.Number); return nil }
		got, err := newWriter(t, s, o).Run(t.Context(), numbered(5))
		if err != nil || got.Written != 4 || got.Rejected != 1 || got.WrittenThrough != 5 {
			t.Errorf("got %+v, %v", got, err)
		}
		equal(t, "saved", saved, []int64{3})
	})
}

// If the service refuses everything, the records are not at fault: the run ends instead of
// rejecting its whole input.
func TestManyRefusalsEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{put: func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 { // one success before the refusals
				return nil, nil
			}
			return nil, answered(400, &types.ValidationException{Message: aws.String("never")})
		}}
		o := options()
		saved := 0
		o.Rejected = func(r Rejection) error { saved++; return nil }
		got, err := newWriter(t, s, o).Run(t.Context(), numbered(5000))
		var call *CallError
		if !errors.As(err, &call) || got.Written != 500 || len(s.requests) > maxRefusals+20 || int64(saved) != got.Rejected || got.WrittenThrough != got.Read {
			t.Errorf("got %+v, %v, %d saved", got, err, saved)
		}
	})
}

func TestErrorOfRefusedRequestNamesItsRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{put: func(_ context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 {
				return nil, nil
			}
			return nil, answered(400, &types.ValidationException{Message: aws.String("1 validation error detected")})
		}}
		_, err := newWriter(t, s, options()).Run(t.Context(), numbered(1200))
		const want = "PutRecords for stream orders, records 501 to 1,000: ValidationException: 1 validation error detected"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}
