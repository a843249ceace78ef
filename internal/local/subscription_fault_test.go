package local

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestParseFaultOfSubscriptions(t *testing.T) {
	for _, spec := range []string{
		"SubscribeToShard=silent", "SubscribeToShard=early*2", "SubscribeToShard=early:3", "SubscribeToShard=empty@0.5",
		"SubscribeToShard=cut:0", "SubscribeToShard=stall:7*1", "SubscribeToShard=no-initial-response",
		"SubscribeToShard=stream:KMSOptInRequired", "SubscribeToShard=stream:InternalFailureException:2*3",
		"*=stream:ResourceInUseException", "SubscribeToShard=KMSOptInRequired", "SubscribeToShard=latency:1s",
	} {
		f, err := parseFault(spec)
		if err != nil || f.String() != spec {
			t.Errorf("parseFault(%q) = %v, %v", spec, f, err)
		}
	}
	for spec, want := range map[string]string{
		"GetRecords=silent":                        `silent cannot happen to GetRecords`,
		"GetRecords=early":                         `early cannot happen to GetRecords`,
		"GetRecords=cut:1":                         `"cut" takes no value`,
		"GetRecords=stream:InternalFailure":        `stream cannot happen to GetRecords`,
		"PutRecords=no-initial-response":           `no-initial-response cannot happen to PutRecords`,
		"ListShards=empty":                         `empty cannot happen to ListShards`,
		"SubscribeToShard=silent:1":                `"silent" takes no value`,
		"SubscribeToShard=early:x":                 `want a number of events from 0 such as early:3`,
		"SubscribeToShard=cut:-1":                  `want a number of events from 0 such as cut:3`,
		"SubscribeToShard=expired-iterator":        `expired-iterator cannot happen to SubscribeToShard`,
		"SubscribeToShard=stream":                  `want an error code such as stream:InternalFailureException, or with a number of events before it stream:InternalFailureException:3`,
		"SubscribeToShard=stream:oops":             `want an error code such as stream:InternalFailureException, or with a number of events before it stream:InternalFailureException:3`,
		"SubscribeToShard=stream:InternalFailure:": `want an error code such as stream:InternalFailureException, or with a number of events before it stream:InternalFailureException:3`,
	} {
		if _, err := parseFault(spec); err == nil || err.Error() != want {
			t.Errorf("parseFault(%q): got %v, want %s", spec, err, want)
		}
	}
}

// frame reads the next frame of an event stream and returns its kind.
func frame(body io.Reader) (kind string, err error) {
	m, err := eventstream.NewDecoder().Decode(body, nil)
	if err != nil {
		return "", err
	}
	for name, prefix := range map[string]string{":event-type": "", ":exception-type": "", ":error-code": "error "} {
		if v := m.Headers.Get(name); v != nil {
			kind = prefix + v.String()
		}
	}
	if kind == "SubscribeToShardEvent" {
		kind = "event"
	}
	return kind, nil
}

// The frames that a client receives with each fault. The shard has one record at the start, and
// another one is put every second.
func TestFaultsOfASubscription(t *testing.T) {
	for spec, want := range map[string]string{
		"early":                                "initial-response>event>EOF>0s",
		"early:3":                              "initial-response>event>event>event>EOF>2s",
		"empty":                                "initial-response>EOF>0s",
		"silent":                               "initial-response>EOF>5m0s",
		"cut":                                  "initial-response>broken>0s",
		"cut:2":                                "initial-response>event>event>broken>2s",
		"stall":                                "initial-response>stalled",
		"stall:1":                              "initial-response>event>stalled",
		"stream:InternalFailureException":      "initial-response>InternalFailureException>EOF>0s",
		"stream:ResourceInUseException:2":      "initial-response>event>event>ResourceInUseException>EOF>1s",
		"stream:KMSOptInRequired":              "initial-response>KMSOptInRequired>EOF>0s",
		"stream:InternalFailure":               "initial-response>error InternalFailure>EOF>0s",
		"no-initial-response,early":            "event>EOF>0s",
		"no-initial-response,silent":           "EOF>5m0s",
		"latency:1s,stream:SomeException":      "initial-response>error SomeException>EOF>1s",
		"no-initial-response,latency:1s,early": "event>EOF>1s",
	} {
		inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
			for one := range strings.SplitSeq(spec, ",") {
				if err := f.endpoint.AddFault("SubscribeToShard=" + one + "*1"); err != nil {
					t.Fatal(err)
				}
			}
			f.put(t, "0", "k")
			began := time.Now()
			stop := make(chan struct{})
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					select {
					case <-time.After(time.Second):
						f.put(t, "x", "k")
					case <-stop:
						return
					}
				}
			}()
			body := f.raw(f.arn, fromHorizon)
			var got []string
			for {
				kind, err := make(chan string, 1), error(nil)
				go func() {
					one, failed := frame(body)
					err = failed
					kind <- one
				}()
				select {
				case one := <-kind:
					got = append(got, one)
				case <-time.After(6 * time.Minute):
					got = append(got, "stalled")
				}
				if last := got[len(got)-1]; last == "stalled" {
					_ = body.Close()
					<-kind
					break
				} else if last != "" {
					continue
				}
				switch {
				case errors.Is(err, io.ErrUnexpectedEOF):
					got[len(got)-1] = "broken"
					if _, err := body.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("%s: the frame is cut, but the connection ends with %v", spec, err)
					}
				case errors.Is(err, io.EOF):
					got[len(got)-1] = "EOF"
				default:
					t.Errorf("%s: %v", spec, err)
				}
				got = append(got, time.Since(began).String())
				break
			}
			close(stop)
			<-stopped
			if strings.Join(got, ">") != want {
				t.Errorf("%s: got %q, want %s", spec, got, want)
			}
			if n := f.endpoint.Served("SubscribeToShard"); n != 1 {
				t.Errorf("%s: %d calls were counted", spec, n)
			}
		})
	}
}

// The SDK returns an error in the stream as the API's error, with its code.
func TestErrorsInTheStreamWithTheSDK(t *testing.T) {
	codes := append(slices.Clone(streamErrors), "InternalFailure", "LimitExceededException")
	for _, code := range codes {
		inBubble(t, 1, Options{Faults: []string{"SubscribeToShard=stream:" + code + ":1*1"}}, func(t *testing.T, f *fanOut) {
			s := f.open(fromHorizon)
			s.next()
			err := s.end()
			wantCode(t, err, code)
			if !strings.Contains(messageOf(err), "scripted fault: SubscribeToShard=stream:"+code) {
				t.Errorf("%s: got %q", code, messageOf(err))
			}
			if inUse := new(types.ResourceInUseException); errors.As(err, &inUse) != (code == "ResourceInUseException") {
				t.Errorf("%s is %T", code, err)
			}
		})
	}
}

// A fault before the stream is the error of the call. No subscription begins.
func TestAFaultOfTheCallBeginsNoSubscription(t *testing.T) {
	for _, kind := range []string{"InternalFailureException", "garbage", "html", "reset"} {
		inBubble(t, 1, Options{Faults: []string{"SubscribeToShard=" + kind + "*1"}}, func(t *testing.T, f *fanOut) {
			if _, err := subscribe(t, f.Client, f.arn, fromHorizon); err == nil {
				t.Errorf("%s: no error", kind)
			}
			f.open(fromHorizon)
		})
	}
}

// Another subscription can replace a silent one, which does not send an error then.
func TestASilentSubscriptionSendsNoTakeoverError(t *testing.T) {
	inBubble(t, 1, Options{Faults: []string{"SubscribeToShard=silent*1"}}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		silent := f.open(fromHorizon)
		f.endpoint.Advance(5 * time.Second)
		f.open(fromHorizon).next()
		f.put(t, "x", "k")
		synctest.Wait()
		if err := silent.end(); err != nil || time.Since(began) != 5*time.Minute-5*time.Second {
			t.Errorf("ended after %s with %v", time.Since(began), err)
		}
	})
}
