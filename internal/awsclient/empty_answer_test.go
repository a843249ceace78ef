package awsclient

import "testing"

// The service sends an empty body; other implementations send an object.
func TestFault11EmptyBodiesAndObjectsAreAccepted(t *testing.T) {
	for _, body := range []string{"", " \n", "{}", "null", ` {"x": 1} `} {
		if err := checkEmptyAnswer([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}
