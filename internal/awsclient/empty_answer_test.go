package awsclient

import "testing"

// The service sends an empty body; others send an object.
func TestFault11AnEmptyAnswerOrAnObjectIsARemoval(t *testing.T) {
	for _, body := range []string{"", " \n", "{}", "null", ` {"x": 1} `} {
		if err := checkEmptyAnswer([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}
