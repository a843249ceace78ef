package reader

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/record"
)

// hintsOf returns the hints that a run prints.
func hintsOf(t *testing.T, f *kinesistest.Fake, d time.Duration, o Options) []string {
	t.Helper()
	_, messages, _ := runFor(t, f, d, o)
	return slices.DeleteFunc(messages, func(s string) bool { return !strings.HasPrefix(s, "hint: ") })
}

func TestPrintsEachHintOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		f    func() *kinesistest.Fake
		o    func(*Options)
		want string // start of the only hint; empty: no hint
	}{
		{
			name: "many rate limits",
			f: func() *kinesistest.Fake {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"})
				f.Hook = func(call, _ string) error {
					if call == "GetRecords" {
						return kinesistest.APIError("ProvisionedThroughputExceededException")
					}
					return nil
				}
				return f
			},
			want: "hint: reads keep exceeding the rate limit",
		}, {
			name: "a few rate limits",
			f: func() *kinesistest.Fake {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
				f.Hook = func(call, shard string) error {
					if call == "GetRecords" && len(f.Times(call, shard)) <= 5 {
						return kinesistest.APIError("ProvisionedThroughputExceededException")
					}
					return nil
				}
				return f
			},
		}, {
			name: "more shards than are fetched at once",
			f: func() *kinesistest.Fake {
				return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"}, &kinesistest.Shard{ID: "c"})
			},
			o:    func(o *Options) { o.Tasks, o.ShardsPerTask = 1, 2 },
			want: "hint: there are 3 shards, and --tasks allows 2 fetches at once",
		}, {
			name: "as many shards as are fetched at once",
			f: func() *kinesistest.Fake {
				return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"})
			},
			o: func(o *Options) { o.Tasks, o.ShardsPerTask = 1, 2 },
		}, {
			name: "a bounded run that began too late",
			f:    func() *kinesistest.Fake { return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}) },
			o: func(o *Options) {
				o.AvailableNow, o.InitialPosition = true, record.Position{Kind: record.Ago, Age: time.Hour}
			},
			want: "hint: orders has no records after the position 1h; --from trim_horizon reads all retained records",
		}, {
			name: "a run up to a time that began too late",
			f:    func() *kinesistest.Fake { return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}) },
			o: func(o *Options) {
				o.InitialPosition, o.To = record.Position{Kind: record.Ago, Age: time.Hour}, record.Position{Kind: record.Ago, Age: time.Minute}
			},
			want: "hint: orders has no records after the position 1h up to 1m; --from trim_horizon reads all retained records",
		}, {
			name: "a run from latest that ends when idle",
			f:    func() *kinesistest.Fake { return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}) },
			o: func(o *Options) {
				o.IdleTimeout, o.InitialPosition = time.Second, record.Position{Kind: record.Latest}
			},
			want: "hint: orders has no records after the position latest; --from trim_horizon reads all retained records",
		}, {
			name: "a run that timed out before the first record",
			f:    func() *kinesistest.Fake { return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}) },
			o: func(o *Options) {
				o.Timeout, o.InitialPosition = time.Second, record.Position{Kind: record.Latest}
			},
			want: "hint: orders has no records after the position latest; --from trim_horizon reads all retained records",
		}, {
			name: "a bounded run of an empty stream",
			f:    func() *kinesistest.Fake { return kinesistest.NewFake(&kinesistest.Shard{ID: "a"}) },
			o:    func(o *Options) { o.AvailableNow = true },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := testOptions()
				if test.o != nil {
					test.o(&o)
				}
				messages := hintsOf(t, test.f(), 2*time.Minute, o)
				switch {
				case test.want == "" && len(messages) > 0:
					t.Errorf("messages %q, want nothing", messages)
				case test.want != "" && (len(messages) != 1 || !strings.HasPrefix(messages[0], test.want)):
					t.Errorf("messages %q, want once %q", messages, test.want)
				}
			})
		})
	}
}

func TestPrintsAHintAboutSlowOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var messages []string
		o := testOptions()
		o.AvailableNow = true
		o.FetchBufferSize = 1 << 20 // one reservation: the other shard waits
		o.Info = func(s string) { messages = append(messages, s) }
		shard := func(id string) *kinesistest.Shard {
			s := &kinesistest.Shard{ID: id}
			for n := range 12 {
				s.Records = append(s.Records, n)
			}
			return s
		}
		f := kinesistest.NewFake(shard("a"), shard("b"))
		f.Page = 1
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Run(t.Context(), HandlerOf(func(*Batch) error {
			time.Sleep(3 * time.Second)
			return nil
		}))
		if err != nil || len(messages) != 1 || !strings.HasPrefix(messages[0], "hint: the output is slower than the stream: the buffer of 1.0 MB is full") {
			t.Errorf("messages %q, %v", messages, err)
		}
	})
}
