package local

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestParseFault(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"GetRecords=ProvisionedThroughputExceededException", "GetRecords=ProvisionedThroughputExceededException"},
		{"GetRecords=InternalFailure*3", "GetRecords=InternalFailure*3"},
		{"*=ServiceUnavailable@0.25", "*=ServiceUnavailable@0.25"},
		{"*=latency:500ms", "*=latency:500ms"},
		{"PutRecords=partial:3,7,499*2", "PutRecords=partial:3,7,499*2"},
		{"PutRecords=partial", "PutRecords=partial"},
		{"ListShards=expired-token*1", "ListShards=expired-token*1"},
		{"ListStreams=repeat-token", "ListStreams=repeat-token"},
		{"ListStreamConsumers=empty-page*99", "ListStreamConsumers=empty-page*99"},
		{"*=cut*1", "*=cut*1"},
	} {
		f, err := parseFault(c.in)
		if err != nil || f.String() != c.out {
			t.Errorf("parseFault(%q) = %v, %v, want %s", c.in, f, err, c.out)
		}
	}
	for in, want := range map[string]string{
		"":                         `want OP=FAULT, OP=FAULT*N or OP=FAULT@P`,
		"GetRecords":               `want OP=FAULT, OP=FAULT*N or OP=FAULT@P`,
		"GetRecord=reset":          `"GetRecord" is not an operation this endpoint knows`,
		"GetRecords=slow":          `"slow" is neither an error code nor a fault`,
		"GetRecords=reset*0":       `want a number of calls of 1 or more after *`,
		"GetRecords=reset@0":       `want a probability above 0 and up to 1 after @`,
		"GetRecords=reset@1.5":     `want a probability above 0 and up to 1 after @`,
		"GetRecords=latency":       `want a duration such as latency:500ms`,
		"GetRecords=latency:fast":  `want a duration such as latency:500ms`,
		"GetRecords=latency:-1s":   `want a duration such as latency:500ms`,
		"GetRecords=reset:3":       `"reset" takes no value`,
		"PutRecords=partial:a":     `want indexes from 0 such as partial:3,7,499`,
		"GetRecords=partial":       `partial cannot happen to GetRecords`,
		"ListShards=empty":         `empty cannot happen to ListShards`,
		"GetRecords=expired-token": `expired-token cannot happen to GetRecords`,
		"GetRecords=repeat-token":  `repeat-token cannot happen to GetRecords`,
		"PutRecords=empty-page":    `empty-page cannot happen to PutRecords`,
	} {
		_, err := parseFault(in)
		if err == nil || err.Error() != want {
			t.Errorf("parseFault(%q): got %v, want %s", in, err, want)
		}
	}
}

func (r *running) fault(t *testing.T, spec string) {
	t.Helper()
	if err := r.AddFault(spec); err != nil {
		t.Fatal(err)
	}
}

func TestErrorCodeFaultsEndAfterNCalls(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"ListShards=LimitExceededException*2"}})
	r.fault(t, "ListShards=InternalFailure*1")
	r.fault(t, "ListStreams=ServiceUnavailable")
	var got []string
	for range 4 {
		_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name})
		got = append(got, codeOf(err))
	}
	if want := []string{"LimitExceededException", "LimitExceededException", "InternalFailure", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 3 {
		_, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{})
		wantCode(t, err, "ServiceUnavailable")
	}
	r.ClearFaults()
	if _, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{}); err != nil {
		t.Error(err)
	}
}

func TestHTTPStatusOfErrorCodes(t *testing.T) {
	for code, want := range map[string]int{
		"InternalFailure": 500, "InternalFailureException": 500, "ServiceUnavailable": 503, "ServiceUnavailableException": 503,
		"AccessDeniedException": 400, "KMSThrottlingException": 400,
	} {
		if got := (&apiError{code: code}).status(); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
}

func TestFaultWithProbabilityFailsSomeCalls(t *testing.T) {
	_, s := with(t, 1, Options{Faults: []string{"ListStreams=InternalFailure@0.5"}})
	failed := 0
	for range 200 {
		if _, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{}); err != nil {
			failed++
		}
	}
	if failed < 50 || failed > 150 {
		t.Errorf("%d of 200 calls failed at a probability of 0.5", failed)
	}
}

func TestResetStoresNothingAndCutStoresTheRecord(t *testing.T) {
	for _, c := range []struct {
		fault  string
		stored int
	}{{"reset", 0}, {"garbage", 0}, {"html", 0}, {"InternalFailure", 0}, {"cut", 1}} {
		r, s := with(t, 1, Options{Faults: []string{"PutRecords=" + c.fault + "*1"}})
		in := &kinesis.PutRecordsInput{StreamName: &s.name, Records: entries(1, 10)}
		if _, err := s.PutRecords(s.ctx, in); err == nil {
			t.Errorf("%s: no error", c.fault)
		}
		if got, _ := s.readShard(t, shard0); len(got) != c.stored {
			t.Errorf("%s: %d records stored, want %d", c.fault, len(got), c.stored)
		}
		if err := r.WaitServed(s.ctx, "PutRecords", 1); err != nil {
			t.Errorf("%s: %v", c.fault, err)
		}
		if _, err := s.PutRecords(s.ctx, in); err != nil {
			t.Errorf("%s: the next call: %v", c.fault, err)
		}
	}
}

func TestCutSendsLessThanContentLength(t *testing.T) {
	r, _ := with(t, 1, Options{Faults: []string{"ListStreams=cut*1"}})
	res := request(t, r, "ListStreams", `{}`)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || res.StatusCode != 200 || int64(len(body)) >= res.ContentLength || len(body) == 0 {
		t.Errorf("%d of %d bytes, status %d, %v", len(body), res.ContentLength, res.StatusCode, err)
	}
}

func TestStallWaitsUntilTheClientDisconnects(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"PutRecords=stall*1"}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: entries(1, 10)})
		ended <- err
	}()
	if err := r.WaitServed(t.Context(), "PutRecords", 1); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Fatalf("the call ended by itself: %v", err)
	default:
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got, _ := s.readShard(t, shard0); len(got) != 1 {
		t.Errorf("%d records stored, want 1", len(got))
	}
}

func TestCloseEndsStalledAndDelayedCalls(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"ListStreams=stall", "DescribeLimits=latency:1h"}})
	ended := make(chan error)
	go func() {
		_, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{})
		ended <- err
	}()
	go func() {
		_, err := s.DescribeLimits(s.ctx, &kinesis.DescribeLimitsInput{})
		ended <- err
	}()
	if err := r.WaitServed(t.Context(), "ListStreams", 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a call to a closed endpoint succeeded")
		}
	}
}

func TestLatencyIsCombinedWithAnotherFault(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"ListStreams=latency:30ms*2", "ListStreams=InternalFailure*1"}})
	began := time.Now()
	_, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{})
	wantCode(t, err, "InternalFailure")
	if _, err = s.ListStreams(s.ctx, &kinesis.ListStreamsInput{}); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("two calls with a latency of 30 ms took %v", took)
	}
	if left := r.faults.specs(); len(left) != 0 {
		t.Errorf("remaining faults %q", left)
	}
}

func TestExpiredIteratorFault(t *testing.T) {
	_, s := with(t, 1, Options{Faults: []string{"GetRecords=expired-iterator*1"}})
	it := s.iterator(t, trimHorizon())
	_, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
	wantCode(t, err, "ExpiredIteratorException")
	s.get(t, it)
}

func TestExpiredTokenFaultNeedsAToken(t *testing.T) {
	_, s := with(t, 3, Options{Faults: []string{"*=expired-token*1"}})
	in := &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(1)}
	first := must(s.ListShards(s.ctx, in))(t)
	_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{NextToken: first.NextToken})
	wantCode(t, err, "ExpiredNextTokenException")
	if out := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{NextToken: first.NextToken}))(t); len(out.Shards) != 2 {
		t.Errorf("%d shards", len(out.Shards))
	}
}

func TestEmptyFaultKeepsThePosition(t *testing.T) {
	_, s := with(t, 1, Options{Faults: []string{"GetRecords=empty*3"}})
	s.put(t, "x", "k")
	it := s.iterator(t, trimHorizon())
	for i := range 3 {
		out := s.get(t, it)
		if len(out.Records) != 0 || *out.MillisBehindLatest == 0 || out.NextShardIterator == nil || *out.NextShardIterator == "" {
			t.Errorf("page %d: %d records, %d ms behind", i, len(out.Records), *out.MillisBehindLatest)
		}
		it = *out.NextShardIterator
	}
	if out := s.get(t, it); len(out.Records) != 1 {
		t.Errorf("then %d records", len(out.Records))
	}
}

func TestPartialFailures(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"PutRecords=partial:3,7,499*1"}})
	failed := func(out *kinesis.PutRecordsOutput) (list []int) {
		for i, e := range out.Records {
			if e.ErrorCode != nil {
				list = append(list, i)
				if *e.ErrorCode != "ProvisionedThroughputExceededException" || *e.ErrorMessage != overRate {
					t.Errorf("entry %d: %s, %s", i, *e.ErrorCode, *e.ErrorMessage)
				}
			}
		}
		if len(list) != int(*out.FailedRecordCount) {
			t.Errorf("%d failed, FailedRecordCount %d", len(list), *out.FailedRecordCount)
		}
		return list
	}
	if got := failed(s.putAll(t, entries(500, 1))); !slices.Equal(got, []int{3, 7, 499}) {
		t.Errorf("failed: %v", got)
	}
	if got, _ := s.readShard(t, shard0); len(got) != 497 {
		t.Errorf("%d records stored", len(got))
	}
	r.fault(t, "PutRecords=partial*1")
	if got := failed(s.putAll(t, entries(5, 1))); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("failed: %v", got)
	}
	if got := failed(s.putAll(t, entries(5, 1))); got != nil {
		t.Errorf("afterwards failed: %v", got)
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	r, s := with(t, 1, Options{})
	do := func(method, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, r.url+"/_kin/fault", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer http.DefaultClient.CloseIdleConnections()
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if code, body := do("POST", "ListStreams=InternalFailure*2\n"); code != 204 || body != "" {
		t.Errorf("POST answered %d %q", code, body)
	}
	if code, body := do("POST", "ListStreams=x"); code != 400 || !strings.Contains(body, "neither an error code nor a fault") {
		t.Errorf("POST of a bad fault answered %d %q", code, body)
	}
	_, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{})
	wantCode(t, err, "InternalFailure")
	if code, body := do("GET", ""); code != 200 || body != "ListStreams=InternalFailure*1\n" {
		t.Errorf("GET answered %d %q", code, body)
	}
	if code, _ := do("DELETE", ""); code != 204 {
		t.Errorf("DELETE answered %d", code)
	}
	if _, err := s.ListStreams(s.ctx, &kinesis.ListStreamsInput{}); err != nil {
		t.Error(err)
	}
	if code, _ := do("PUT", ""); code != 405 {
		t.Errorf("PUT answered %d", code)
	}
}

func TestGarbageAndHTMLAreNotValidAnswers(t *testing.T) {
	r, s := with(t, 1, Options{Faults: []string{"GetRecords=garbage*1", "ListStreams=html*1"}})
	it := s.iterator(t, trimHorizon())
	if _, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &it}); err == nil {
		t.Error("garbage was accepted")
	}
	res := request(t, r, "ListStreams", `{}`)
	defer res.Body.Close()
	if res.StatusCode != 503 || res.Header.Get("Content-Type") != "text/html" {
		t.Errorf("status %d, type %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
}
