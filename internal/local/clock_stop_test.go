package local

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestOnlyAdvanceMovesAStoppedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		time.Sleep(time.Minute)
		c.stop()
		at := c.now()
		time.Sleep(time.Hour)
		c.stop() // has no effect the second time
		c.advance(time.Second)
		if got := c.now().Sub(at); got != time.Second {
			t.Errorf("it moved by %s while it stood", got)
		}
		c.resume()
		time.Sleep(time.Second)
		if got := c.now().Sub(at); got != 2*time.Second {
			t.Errorf("it moved by %s after it ran again for a second", got)
		}
	})
}
