package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/rogpeppe/go-internal/testscript"

	"kin/internal/kinesistest"
	"kin/internal/local"
)

// service is what one script has to itself: an embedded endpoint and a client
// of it whose calls are single attempts: a call that the SDK repeats puts its
// records twice.
type service struct {
	endpoint *local.Endpoint
	client   *kinesis.Client
}

type serviceKey struct{}

// TestScripts runs testdata/script/*.txt, each against an endpoint of its own.
// CONTRIBUTING.md lists the verbs.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Setup:               setup,
		Cmds:                verbs,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// setup starts the script's endpoint and points kin at it.
func setup(env *testscript.Env) error {
	endpoint, err := local.New(local.Options{})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- endpoint.Serve(listener) }()
	env.Defer(func() {
		if err := endpoint.Close(); err != nil {
			env.T().Log("close endpoint:", err)
		}
		<-served
	})
	port, err := freePort()
	if err != nil {
		return err
	}
	vectors, err := filepath.Abs(filepath.Join("internal", "kpl", "testdata"))
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	env.Values[serviceKey{}] = &service{endpoint, kinesistest.SDK(url, nil)}
	env.Values[proxyKey{}] = &proxy{}
	env.Vars = append(env.Vars,
		"AWS_ENDPOINT_URL_KINESIS="+url,
		"AWS_ENDPOINT_URL_STS="+url,
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=kin",
		"AWS_SECRET_ACCESS_KEY=kin",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+filepath.Join(env.WorkDir, ".aws", "config"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(env.WorkDir, ".aws", "credentials"),
		"HOME="+env.WorkDir,
		"PORT="+port,
		"ENDPOINT_PORT="+strconv.Itoa(listener.Addr().(*net.TCPAddr).Port),
		"TZ=UTC",
		"VECTORS="+vectors,
	)
	return nil
}

// freePort is a port of the loopback interface that nobody listens at.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
