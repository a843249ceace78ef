package format

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"kin/internal/record"
)

func TestPretty(t *testing.T) {
	const head = "10:00:00.123 shardId-000000000000 k"
	day := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	small := PrettyOptions{Location: time.UTC, Now: day}
	for _, tt := range []struct {
		name    string
		options PrettyOptions
		r       record.Record
		want    string // without the last newline
	}{
		{"short JSON", small, plain(`{"id":1,"tags":["a","b"],"ok":true}`), head + ` {"id": 1, "tags": ["a", "b"], "ok": true}`},
		{"empty JSON", small, plain("{ }"), head + " {}"},
		{"indented JSON", small, plain("[\n 1,\r\n {\"a\" : [ ] } ]\n"), head + ` [1, {"a": []}]`},
		{"just fits", small, plain(`{"a":"` + strings.Repeat("x", 195) + `"}`), head + ` {"a": "` + strings.Repeat("x", 195) + `"}`},
		{"just does not fit", small, plain(`{"a":"` + strings.Repeat("x", 196) + `"}`), head + "\n  {\n    \"a\": \"" + strings.Repeat("x", 196) + "\"\n  }"},
		{"columns, not bytes", small, plain(`{"a":"` + strings.Repeat("é", 195) + `"}`), head + ` {"a": "` + strings.Repeat("é", 195) + `"}`},
		{"long JSON", small, plain(`{"id":"ord-000123456","user":{"id":98765,"name":"Ada Lovelace"},"items":[{"sku":"SKU-1234","qty":2,"price":19.99,"title":"A nice blue chair, and a longer name"},{"sku":"X"}],"none":{},"vector":[0.123456789,0.123456789,0.123456789,0.123456789,0.123456789,0.123456789,[1],2,3]}`),
			head + `
  {
    "id": "ord-000123456",
    "user": {"id": 98765, "name": "Ada Lovelace"},
    "items": [
      {
        "sku": "SKU-1234",
        "qty": 2,
        "price": 19.99,
        "title": "A nice blue chair, and a longer name"
      },
      {"sku": "X"}
    ],
    "none": {},
    "vector": [
      0.123456789, 0.123456789, 0.123456789, 0.123456789, 0.123456789,
      0.123456789,
      [1],
      2, 3
    ]
  }`},
		{"JSON with hidden characters", small, plain("{\"a\u202eb\":\"\u009b31m\x7f\u2028\\u001b\"}"), head + ` {"a\u202eb": "\u009b31m\u007f\u2028\u001b"}`},
		{"not quite JSON", small, plain(`{"a":`), head + ` {"a":`},
		{"text", small, plain("hello, wörld \U0001f600"), head + " hello, wörld \U0001f600"},
		{"scalar", small, plain("42"), head + " 42"},
		{"empty", small, plain(""), head + " empty"},
		{"controls", small, plain("\x1b[31mred\x1b[0m\r\x00\t\x07\u009b\u202e\u2066\u200b\ufeff\u00ad\x7f\U000e0041"),
			head + ` \u001b[31mred\u001b[0m\r\u0000\t\u0007\u009b\u202e\u2066\u200b\ufeff\u00ad\u007f\U000e0041`},
		{"joiners stay", small, plain("می\u200cخواهم 👩\u200d🚀"), head + " می\u200cخواهم 👩\u200d🚀"},
		{"lines", small, plain("panic: oh\n\tmain.go:7\nexit\n"), head + ` panic: oh\n` + "\n  " + `\tmain.go:7\n` + "\n  " + `exit\n`},
		{"binary", small, plain("\xff\x00\x1b[31m"), head + " binary, 7 bytes: ff 00 1b 5b 33 31 6d"},
		{"one byte", small, plain("\xff"), head + " binary, 1 byte: ff"},
		{"much binary", small, plain(strings.Repeat("\xfe", 12345)), head + " binary, 12,345 bytes:" + strings.Repeat(" fe", 16) + " …"},
		{"stream named", PrettyOptions{Location: time.UTC, Now: day, ShowStream: true}, plain("a"), "10:00:00.123 orders shardId-000000000000 k a"},
		{"other zone", PrettyOptions{Location: time.FixedZone("", 5*3600+1800), Now: day}, plain("a"), "2026-11-22 15:30:00.123 shardId-000000000000 k a"},
		{"other day", PrettyOptions{Location: time.UTC, Now: day.Add(2 * time.Hour)}, plain("a"), "2026-11-22 10:00:00.123 shardId-000000000000 k a"},
		{"date counted", PrettyOptions{Location: time.UTC}, plain(`{"a":"` + strings.Repeat("x", 185) + `"}`),
			"2026-11-22 10:00:00.123 shardId-000000000000 k\n  {\n    \"a\": \"" + strings.Repeat("x", 185) + "\"\n  }"},
		{"no time", small, record.Record{ShardID: "s\n", PartitionKey: "k\x1b\xff", Data: []byte("a")}, "--:--:--.--- s\\n k\\u001b\ufffd a"},
		{"narrow", PrettyOptions{Location: time.UTC, Now: day, Width: 20}, plain(`{"id":1,"x":"abcdefg"}`), head + "\n  {\n    \"id\": 1,\n    \"x\": \"abcdefg\"\n  }"},
		{"wide", PrettyOptions{Location: time.UTC, Now: day, Width: 200}, plain(`{"a":"` + strings.Repeat("x", 100) + `"}`), head + ` {"a": "` + strings.Repeat("x", 100) + `"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := NewPretty(tt.options).Append([]byte("before "), tt.r)
			if want := "before " + tt.want + "\n"; err != nil || string(got) != want {
				t.Errorf("got  %s\nwant %s\n%v", got, want, err)
			}
		})
	}
}

func TestPrettyColors(t *testing.T) {
	p := NewPretty(PrettyOptions{Location: time.UTC, Color: true, Now: arrival})
	r := plain(`{"a":[1,"x",null]}`)
	const head = "\x1b[2m10:00:00.123\x1b[0m \x1b[95mshardId-000000000000\x1b[0m \x1b[1mk\x1b[0m "
	for _, tt := range []struct{ data, want string }{
		{`{"a":[1,"x",null]}`, head + "{\x1b[34m\"a\"\x1b[0m: [\x1b[36m1\x1b[0m, \x1b[32m\"x\"\x1b[0m, \x1b[33mnull\x1b[0m]}\n"},
		{"a\x1bb", head + "a\x1b[7;35m\\u001b\x1b[0mb\n"},
		{"\xff", head + "\x1b[2mbinary, 1 byte:\x1b[0m ff\n"},
		{"", head + "\x1b[2mempty\x1b[0m\n"},
	} {
		r.Data = []byte(tt.data)
		if got, _ := p.Append(nil, r); string(got) != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

func TestPrettyColorsOfAdjacentShardsDiffer(t *testing.T) {
	seen := map[int]string{}
	for _, id := range []string{"shardId-000000000000", "shardId-000000000001", "shardId-000000000002", "shardId-000000000003", "shardId-000000000004", "shardId-000000000005"} {
		if other, ok := seen[shardColor(id)]; ok {
			t.Errorf("%s looks like %s", id, other)
		}
		seen[shardColor(id)] = id
	}
}

// The terminal only receives text, newlines and kin's own colours, whatever the record
// contains.
func FuzzPretty(f *testing.F) {
	for _, s := range []string{"", "a", `{"a":[1,{"b":"c"}]}`, "\x1b]0;title\x07", "\u009b31m", "\u202e", "\r\n", "\xff\xfe", `["` + strings.Repeat("x", 100) + `",1,2]`, "{\"\u2028\":\"\x7f\"}", "\U000e0001\U0001d173"} {
		f.Add(s, s, s, uint8(80))
	}
	ours := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	f.Fuzz(func(t *testing.T, shardID, key, data string, width uint8) {
		r := plain(data)
		r.Stream, r.ShardID, r.PartitionKey = key, shardID, key
		o := PrettyOptions{Location: time.UTC, ShowStream: true, Width: int(width)}
		plain, err := NewPretty(o).Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		o.Color = true
		colored, err := NewPretty(o).Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := ours.ReplaceAll(colored, nil); string(got) != string(plain) {
			t.Errorf("with colour %q, without %q", colored, plain)
		}
		if !utf8.Valid(plain) {
			t.Errorf("not valid UTF-8: %q", plain)
		}
		for _, c := range string(plain) {
			if c != '\n' && c != '\u200c' && c != '\u200d' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) {
				t.Fatalf("%U reaches the terminal: %q", c, plain)
			}
		}
	})
}

func BenchmarkPretty(b *testing.B) {
	p := NewPretty(PrettyOptions{Location: time.UTC, Color: true, Now: arrival})
	for name, data := range map[string]string{"json-1KB": string(shopEvent), "text-1KB": strings.Repeat("plain text ", 93)} {
		b.Run(name, func(b *testing.B) {
			r := plain(data)
			dst := make([]byte, 0, 64<<10)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.Append(dst, r)
			}
		})
	}
}
