package efo

import (
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/awsclient"
	"kin/internal/local"
	"kin/internal/service"
)

// The registry over HTTP, with the SDK's client, against the embedded endpoint.
func TestRegistryOverTheWire(t *testing.T) {
	endpoint, err := local.New(local.Options{
		Streams:               []local.StreamSpec{{Name: "orders", Shards: 1}},
		ConsumerCreatingDelay: 300 * time.Millisecond,
		ConsumerDeletingDelay: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- endpoint.Serve(listener) }()
	defer func() {
		if err := endpoint.Close(); err != nil {
			t.Error(err)
		}
		<-served
	}()
	client := awsclient.NewLocal("http://" + listener.Addr().String())

	arn, err := FindStream(t.Context(), client, "orders", nil)
	if err != nil || arn != "arn:aws:kinesis:us-east-1:000000000000:stream/orders" {
		t.Fatal(arn, err)
	}
	if same, err := FindStream(t.Context(), nil, arn, nil); err != nil || same != arn {
		t.Error(same, err)
	}
	var failed *service.CallError
	if _, err := FindStream(t.Context(), client, "nothing", nil); !errors.As(err, &failed) || failed.StreamName() != "nothing" {
		t.Error(err)
	}

	r, err := NewRegistry(client, RegistryOptions{Stream: "orders", StreamARN: arn})
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.Register(t.Context(), "kin_a")
	if err != nil || !g.Registered || g.Consumer.Status != types.ConsumerStatusActive || g.Consumer.StreamARN != arn {
		t.Fatalf("%+v, %v", g, err)
	}
	again, err := r.Register(t.Context(), "kin_a")
	if err != nil || again.Registered || again.Consumer != g.Consumer {
		t.Errorf("%+v, %v", again, err)
	}
	l, err := r.List(t.Context())
	if err != nil || !reflect.DeepEqual(l.Consumers, []Consumer{g.Consumer}) || time.Since(l.At).Abs() > time.Minute {
		t.Errorf("%+v, %v", l, err)
	}
	for range 3 { // a clock that moves by more at once is not believed
		endpoint.Advance(16 * time.Hour)
		l, err = r.List(t.Context())
	}
	if err != nil || time.Until(l.At) < 47*time.Hour {
		t.Errorf("the service's time is two days ahead: %+v, %v", l, err)
	}
	if removed, err := r.Deregister(t.Context(), ID(g.Consumer.ARN)); err != nil || !removed {
		t.Error(removed, err)
	}
	if _, err := r.Describe(t.Context(), "kin_a"); !isNotFound(err) {
		t.Error(err)
	}

	nowhere, err := NewRegistry(client, RegistryOptions{Stream: "nowhere", StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nowhere.List(t.Context()); !errors.As(err, &failed) || classify(err) != notFound {
		t.Error(err)
	}
	if _, err := nowhere.Register(t.Context(), "kin_a"); !errors.As(err, &failed) || failed.Operation() != "RegisterStreamConsumer" {
		t.Error(err)
	}
}
