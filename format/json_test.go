package format

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kin/internal/record"
)

var arrival = time.Date(2026, 11, 22, 11, 0, 0, 123_999_999, time.FixedZone("CET", 3600))

func plain(data string) record.Record {
	return record.Record{
		Stream:                      "orders",
		ShardID:                     "shardId-000000000000",
		SequenceNumber:              "49590338271490256608559692538361571095921575989136588898",
		PartitionKey:                "k",
		ApproximateArrivalTimestamp: arrival,
		Data:                        []byte(data),
	}
}

// front is the beginning of each line for a record of plain.
const front = `{"stream":"orders","shardId":"shardId-000000000000","sequenceNumber":"49590338271490256608559692538361571095921575989136588898",` +
	`"partitionKey":"k","approximateArrivalTimestamp":"2026-11-22T10:00:00.123Z",`

func TestJSONLine(t *testing.T) {
	aggregated := plain("a")
	aggregated.Aggregated = true
	withHashKey := aggregated
	withHashKey.SubSequenceNumber = 3
	withHashKey.ExplicitHashKey = "340282366920938463463374607431768211455"
	noTime := plain("a")
	noTime.ApproximateArrivalTimestamp = time.Time{}
	oddKey := plain("a")
	oddKey.PartitionKey = "a\"\\\x00\x1b<&>\u2028\xed\xa0\x80é\u009b\U0001f600"
	plainHashKey := plain("a")
	plainHashKey.ExplicitHashKey = "1"

	const middle = `{"stream":"orders","shardId":"shardId-000000000000","sequenceNumber":"49590338271490256608559692538361571095921575989136588898",`
	const arrived = `"approximateArrivalTimestamp":"2026-11-22T10:00:00.123Z",`
	for _, tt := range []struct {
		name string
		mode DataMode
		r    record.Record
		want string // without the newline; an error if it begins with !
	}{
		{"object", DataAuto, plain(`{"a": 1, "b":"<&>"}`), front + `"dataEncoding":"json","data":{"a": 1, "b":"<&>"}}`},
		{"array", DataAuto, plain(`[]`), front + `"dataEncoding":"json","data":[]}`},
		{"own bytes", DataAuto, plain(`{"a":1.0,"a":"\u0041\/"}`), front + `"dataEncoding":"json","data":{"a":1.0,"a":"\u0041\/"}}`},
		{"newline after the value", DataAuto, plain("{\"a\": 1}\n"), front + `"dataEncoding":"json","data":{"a": 1}}`},
		{"indented", DataAuto, plain("{\r\n  \"a\": [1,\t2],\n  \"b c\": \" \\\" \"\n}"), front + `"dataEncoding":"json","data":{"a":[1,2],"b c":" \" "}}`},
		{"number", DataAuto, plain(`42`), front + `"dataEncoding":"text","data":"42"}`},
		{"string", DataAuto, plain(`"x"`), front + `"dataEncoding":"text","data":"\"x\""}`},
		{"null", DataAuto, plain(`null`), front + `"dataEncoding":"text","data":"null"}`},
		{"almost JSON", DataAuto, plain(`{"a":1`), front + `"dataEncoding":"text","data":"{\"a\":1"}`},
		{"two values", DataAuto, plain(`{} {}`), front + `"dataEncoding":"text","data":"{} {}"}`},
		{"JSON in broken UTF-8", DataAuto, plain("{\"a\":\"\xff\"}"), front + `"dataEncoding":"base64","data":"eyJhIjoi/yJ9"}`},
		{"empty", DataAuto, plain(""), front + `"dataEncoding":"text","data":""}`},
		{"text", DataAuto, plain("tab\there\nline é \u2028\u2029\u0085\x7f\x00\x1b[31m\b\f</script>"), front +
			`"dataEncoding":"text","data":"tab\there\nline é \u2028\u2029\u0085\u007f\u0000\u001b[31m\u0008\u000c</script>"}`},
		{"long text", DataAuto, plain("12345678abcdefgh\"12345678\\abcdefg\x7f!"), front + `"dataEncoding":"text","data":"12345678abcdefgh\"12345678\\abcdefg\u007f!"}`},
		{"binary", DataAuto, plain("\x00\xff"), front + `"dataEncoding":"base64","data":"AP8="}`},
		{"lone surrogate", DataAuto, plain("\xed\xa0\x80"), front + `"dataEncoding":"base64","data":"7aCA"}`},
		{"mode JSON", DataJSON, plain(` 42 `), front + `"dataEncoding":"json","data":42}`},
		{"mode JSON, not JSON", DataJSON, plain(`x`), "!shard shardId-000000000000, sequence number 49590338271490256608559692538361571095921575989136588898: payload is not valid JSON"},
		{"mode JSON, empty", DataJSON, plain(``), "!shard shardId-000000000000, sequence number 49590338271490256608559692538361571095921575989136588898: payload is not valid JSON"},
		{"mode text", DataText, plain(`{"a":1}`), front + `"dataEncoding":"text","data":"{\"a\":1}"}`},
		{"mode text, not UTF-8", DataText, plain("\xff"), "!shard shardId-000000000000, sequence number 49590338271490256608559692538361571095921575989136588898: payload is not valid UTF-8 text"},
		{"mode base64", DataBase64, plain(`{}`), front + `"dataEncoding":"base64","data":"e30="}`},
		{"mode JSON, aggregated, not JSON", DataJSON, aggregated, "!shard shardId-000000000000, sequence number 49590338271490256608559692538361571095921575989136588898, sub-sequence number 0: payload is not valid JSON"},
		{"aggregated", DataAuto, aggregated, middle + `"subSequenceNumber":0,"partitionKey":"k",` + arrived + `"dataEncoding":"text","data":"a"}`},
		{"aggregated with hash key", DataAuto, withHashKey, middle +
			`"subSequenceNumber":3,"partitionKey":"k","explicitHashKey":"340282366920938463463374607431768211455",` + arrived + `"dataEncoding":"text","data":"a"}`},
		{"hash key of a plain record", DataAuto, plainHashKey, front + `"dataEncoding":"text","data":"a"}`},
		{"no time", DataAuto, noTime, middle + `"partitionKey":"k","dataEncoding":"text","data":"a"}`},
		{"odd key", DataAuto, oddKey, middle +
			`"partitionKey":"a\"\\\u0000\u001b<&>\u2028\ufffd\ufffd\ufffdé\u009b😀",` + arrived + `"dataEncoding":"text","data":"a"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := JSON{Data: tt.mode}.Append([]byte("before "), tt.r)
			want := "before " + tt.want + "\n"
			if err != nil {
				got = append(got, "!"+err.Error()+"\n"...)
			}
			if string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestJSONLineTimes(t *testing.T) {
	for i := range 2000 {
		at := time.Unix(rand.Int64N(253402300800), rand.Int64N(1e9))
		if got, want := string(appendTime(nil, at)), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("time %d: got %s, want %s", i, got, want)
		}
	}
}

func TestJSONLineDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 8192)
	for name, data := range map[string]string{
		"json":   string(shopEvent),
		"pretty": "{\n\"a\": 1\n}",
		"text":   "some \x00 text é \u2028 ",
		"base64": "\xff\x00 binary",
	} {
		r := plain(data)
		r.PartitionKey = strings.Repeat("key é ", 20)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := (JSON{}).Append(dst, r); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a record, want none", name, n)
		}
	}
}

func TestDataModeNames(t *testing.T) {
	var got []DataMode
	for _, s := range append(DataModeNames(), "JSON") {
		m := DataMode(0)
		if err := m.Set(s); err != nil {
			if s != "JSON" {
				t.Errorf("%s: %v", s, err)
			}
			continue
		}
		if m.String() != s {
			t.Errorf("%s prints as %s", s, m)
		}
		got = append(got, m)
	}
	want := []DataMode{DataAuto, DataJSON, DataText, DataBase64}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkJSON(b *testing.B) {
	text := strings.Repeat("2026-11-22 10:00:00 INFO request served in 12 ms ", 20)
	for _, bm := range []struct {
		name string
		mode DataMode
		data string
	}{
		{"json-1KB", DataAuto, string(shopEvent)},
		{"text-1KB", DataAuto, text},
		{"text-utf8-1KB", DataAuto, strings.Repeat("наука и жизнь ", 40)},
		{"base64-1KB", DataBase64, string(shopEvent)},
		{"json-100B", DataAuto, `{"id":123456,"user":"ada","amount":19.99,"ok":true,"city":"Berlin","ts":"2026-11-22T10:00:00.123Z"}`},
	} {
		b.Run(bm.name, func(b *testing.B) {
			r := plain(bm.data)
			dst := make([]byte, 0, 8192)
			b.SetBytes(int64(len(bm.data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (JSON{Data: bm.mode}).Append(dst, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("encoding-json-1KB", func(b *testing.B) {
		b.SetBytes(int64(len(shopEvent)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(map[string]any{"stream": "orders", "partitionKey": "k", "data": json.RawMessage(shopEvent)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
