package local

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

const signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kinesis/aws4_request, SignedHeaders=host, Signature=0"

// request sends a request for an operation without the SDK.
func request(t *testing.T, r *running, op, body string) *http.Response {
	t.Helper()
	return requestWith(t, r, http.Header{
		"X-Amz-Target": {target + op}, "Content-Type": {jsonType}, "Authorization": {signed},
	}, "/", body)
}

func requestWith(t *testing.T, r *running, h http.Header, path, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// answer returns the status and the body of a response. For an error the body is its code and
// message.
func answer(t *testing.T, res *http.Response) (int, string) {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(b, &e) == nil && e.Type != "" {
		return res.StatusCode, strings.TrimSuffix(e.Type+": "+e.Message, ": ")
	}
	return res.StatusCode, string(b)
}

func TestInvalidRequestsAreRefused(t *testing.T) {
	r := start(t, Options{})
	header := func(target, media, auth string) http.Header {
		h := http.Header{"Content-Type": {media}}
		if target != "" {
			h.Set("X-Amz-Target", target)
		}
		if auth != "" {
			h.Set("Authorization", auth)
		}
		return h
	}
	const list = target + "ListStreams"
	for _, c := range []struct {
		name   string
		header http.Header
		path   string
		body   string
		status int
		want   string
	}{
		{"a good one", header(list, jsonType, signed), "/", `{}`, 200, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
		{"with a charset", header(list, jsonType+"; charset=utf-8", signed), "/", `{}`, 200, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
		{"presigned", header(list, jsonType, ""), "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/us-east-1/kinesis/aws4_request", `{}`, 200, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
		{"unsigned", header(list, jsonType, ""), "/", `{}`, 400, "MissingAuthenticationTokenException: Missing Authentication Token"},
		{"unknown operation", header(target+"Nothing", jsonType, signed), "/", `{}`, 400, "UnknownOperationException"},
		{"no operation", header("", jsonType, signed), "/", `{}`, 400, "UnknownOperationException"},
		{"not an object", header(list, jsonType, signed), "/", `[]`, 400, "SerializationException: the request body is not a JSON object"},
		{"null", header(list, jsonType, signed), "/", `null`, 400, "SerializationException: the request body is not a JSON object"},
		{"nothing", header(list, jsonType, signed), "/", ``, 400, "SerializationException: the request body is not a JSON object"},
		{"wrong type", header(list, jsonType, signed), "/", `{"Limit":"x"}`, 400, `SerializationException: "x" can not be converted to a Integer`},
		{"null member", header(list, jsonType, signed), "/", `{"Limit":null}`, 200, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
		{"unknown member", header(list, jsonType, signed), "/", `{"limit":-1,"X":{}}`, 200, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
	} {
		status, got := answer(t, requestWith(t, r, c.header, c.path, c.body))
		if status != c.status || got != c.want {
			t.Errorf("%s: got %d %s, want %d %s", c.name, status, got, c.status, c.want)
		}
	}
	status, got := answer(t, requestWith(t, r, header(list, "application/x-amz-cbor-1.1", signed), "/", "\xa0"))
	if status != 400 || !strings.Contains(got, "AWS_CBOR_DISABLE=true") {
		t.Errorf("CBOR: got %d %s", status, got)
	}
	res, err := http.Get(r.url)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	if status, got := answer(t, res); status != 403 || !strings.Contains(got, "<AccessDeniedException>") {
		t.Errorf("GET: got %d %s", status, got)
	}
}

func TestEveryAnswerHasAnIDAndALength(t *testing.T) {
	r := start(t, Options{Streams: []StreamSpec{{"orders", 1}}})
	for op, body := range map[string]string{"ListStreams": `{}`, "DescribeStream": `{"StreamName":"nowhere"}`, "DeleteStream": `{"StreamName":"orders"}`} {
		res := request(t, r, op, body)
		_, text := answer(t, res)
		id := res.Header.Get("x-amzn-RequestId")
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
			t.Errorf("%s: request ID %q", op, id)
		}
		if res.ContentLength < 0 || res.Header.Get("Content-Type") != jsonType {
			t.Errorf("%s: length %d, type %s, %s", op, res.ContentLength, res.Header.Get("Content-Type"), text)
		}
	}
}

func TestValidationMessages(t *testing.T) {
	r := start(t, Options{Streams: []StreamSpec{{"orders", 1}}})
	for _, c := range []struct{ op, body, want string }{
		{"CreateStream", `{"ShardCount":1}`,
			"1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null"},
		{"CreateStream", `{"StreamName":"a b","ShardCount":0}`,
			"2 validation errors detected: Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
				"Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"GetShardIterator", `{"StreamName":"orders","ShardId":"shardId-000000000000","ShardIteratorType":"X"}`,
			"1 validation error detected: Value 'X' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
		{"ListShards", `{"StreamName":"orders","ShardFilter":{}}`,
			"1 validation error detected: Value null at 'shardFilter.type' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"orders","Records":[{"Data":"eA=="},{"PartitionKey":"k"}]}`,
			"1 validation error detected: Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"orders","Records":[{"Data":"eA=="}]}`,
			"1 validation error detected: Value null at 'records.1.member.partitionKey' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"orders"}`,
			"1 validation error detected: Value null at 'records' failed to satisfy constraint: Member must not be null"},
		{"PutRecord", `{"StreamName":"orders","Data":"eA=="}`,
			"1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null"},
	} {
		if _, got := answer(t, request(t, r, c.op, c.body)); got != "ValidationException: "+c.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", c.op, c.body, got, c.want)
		}
	}
}

func TestPutRecordsAcceptsAnyValidJSON(t *testing.T) {
	r, s := with(t, 1, Options{})
	for _, c := range []struct {
		body, want string
	}{
		{`{"StreamName":"orders","Records":[{"Data":"YQ==","PartitionKey":"k"}]}`, "a"},
		{` { "Records" : [ { "PartitionKey" : "k" , "Data" : "Yg==" , "X" : [ { } ] } ] , "StreamName" : "orders" } `, "b"},
		{`{"Records":[{"Data":"\u0059w\u003d=","PartitionKey":"\"","ExplicitHashKey":null}],"StreamName":"orders"}`, "c"},
		{`{"Records":[{"Data":"ZC8\/Pw==","PartitionKey":"k","ExplicitHashKey":"\u0030"}],"StreamName":"orders"}`, "d/??"},
		{`{"Records":[{"Data":"","PartitionKey":"k"}],"StreamName":"orders","StreamARN":null}`, ""},
	} {
		if status, got := answer(t, request(t, r, "PutRecords", c.body)); status != 200 {
			t.Errorf("%s: %s", c.body, got)
		}
		data, _ := s.readShard(t, shard0)
		if data[len(data)-1] != c.want {
			t.Errorf("%s: stored %q, want %q", c.body, data[len(data)-1], c.want)
		}
	}
	for _, body := range []string{
		``, `{`, `[]`, `{"Records":{}}`, `{"Records":[1]}`, `{"Records":[{"Data":1}]}`, `{"Records":[]} x`,
		`{"StreamName":"orders","Records":[{"Data":"!","PartitionKey":"k"}]}`,
		`{"StreamName":1,"Records":[{"Data":"YQ==","PartitionKey":"k"}]}`,
	} {
		if status, got := answer(t, request(t, r, "PutRecords", body)); status != 400 || !strings.HasPrefix(got, "SerializationException") {
			t.Errorf("%q: got %d %s", body, status, got)
		}
	}
}

func TestARNsFollowTheRegionOfTheRequest(t *testing.T) {
	r := start(t, Options{Streams: []StreamSpec{{"orders", 1}}})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := newClient(r.url, "eu-west-1", transport)
	d := must(client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")}))(t)
	const arn = "arn:aws:kinesis:eu-west-1:000000000000:stream/orders"
	if got := *d.StreamDescriptionSummary.StreamARN; got != arn {
		t.Errorf("got %s, want %s", got, arn)
	}
	c := must(client.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: aws.String(arn), ConsumerName: aws.String("c")}))(t)
	if !strings.HasPrefix(*c.Consumer.ConsumerARN, arn+"/consumer/c:") {
		t.Errorf("got %s", *c.Consumer.ConsumerARN)
	}
	must(r.DescribeStreamConsumer(t.Context(), &kinesis.DescribeStreamConsumerInput{ConsumerARN: c.Consumer.ConsumerARN}))(t)
}

func TestParseARN(t *testing.T) {
	for arn, want := range map[string]resource{
		"arn:aws:kinesis:us-east-1:000000000000:stream/orders":                {Account, "orders", ""},
		"arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a.b-c_D":           {"123456789012", "a.b-c_D", ""},
		"arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/c:123": {Account, "orders", "c:123"},
		"arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/":      {},
		"arn:aws:kinesis:us-east-1:000000000000:stream/":                      {},
		"arn:aws:kinesis:us-east-1:1:stream/orders":                           {},
		"arn:aws:s3:us-east-1:000000000000:stream/orders":                     {},
		"orders": {},
	} {
		if got, ok := parseARN(arn); got != want || ok != (want != resource{}) {
			t.Errorf("parseARN(%q) = %+v, %v, want %+v", arn, got, ok, want)
		}
	}
}
