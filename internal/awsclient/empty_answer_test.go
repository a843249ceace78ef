package awsclient

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// The service sends an empty body; others send an object.
func TestFault11AnEmptyAnswerOrAnObjectIsARemoval(t *testing.T) {
	for _, body := range []string{"", " \n", "{}", "null", ` {"x": 1} `} {
		if err := checkEmptyAnswer([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
		w := &written{status: http.StatusOK, answer: body}
		if err := w.client().DeregisterStreamConsumer(t.Context(), &service.DeregisterStreamConsumerInput{ConsumerARN: "c"}); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// A page with the status 200 removes no consumer.
func TestFault11AnyOtherAnswerIsNoRemoval(t *testing.T) {
	for _, body := range []string{"<html><body>Please log in.</body></html>", "OK", `{"a":`, "[]", "{}<html>"} {
		w := &written{status: http.StatusOK, answer: body}
		err := w.client().DeregisterStreamConsumer(t.Context(), &service.DeregisterStreamConsumerInput{ConsumerARN: "c"})
		var unreadable *smithy.DeserializationError
		if !errors.As(err, &unreadable) {
			t.Errorf("%q: got %v", body, err)
		}
	}
}
