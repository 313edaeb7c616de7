package accounting_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/schedule"
)

// What senders claim never makes an account that cannot be: each instant is lost or
// has a tick, and nothing is negative.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{}, int64(2))
	f.Add([]byte{2, 0, 2, 0, 2, 0, 2, 1, 8, 3, 1, 200, 60, 0}, int64(2))
	f.Add([]byte{255, 255, 255, 0, 0, 255, 130, 7, 200, 9}, int64(1))
	f.Add([]byte{5, 2, 5, 100, 5, 110, 5, 90}, int64(86400))
	f.Fuzz(func(t *testing.T, bytes []byte, period int64) {
		s := schedule.Largest(time.Duration(period%86400) * time.Second)
		now := time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
		ticks := accounting.New(s, now)
		received := map[time.Time]bool{}
		for i := 0; i+2 <= len(bytes); i += 2 {
			now = now.Add(time.Duration(bytes[i]) * time.Second / 2)
			d := accounting.NewDelivery(now.Add(-time.Duration(int(bytes[i+1])-8)*time.Second/2), now)
			if !d.Claimed && !d.Sent.Equal(now) || d.Sent.After(now.Add(2*time.Second)) || now.Sub(d.Sent) > time.Minute {
				t.Fatalf("%+v is plausible at %v", d, now)
			}
			before := ticks
			if ticks.Surplus(s, d, 0.4) {
				continue
			}
			ticks = ticks.Receive(s, d)
			if received[s.Boundary(d.Sent)] && d.Claimed {
				t.Errorf("the instant %v counts twice", s.Boundary(d.Sent))
			}
			received[s.Boundary(d.Sent)] = true
			if ticks.Lost < 0 || ticks.Received != before.Received+1 || ticks.Boundary < before.Boundary || ticks.LastLateness < 0 || ticks.MaxLateness < ticks.LastLateness {
				t.Fatalf("%+v after %+v", ticks, before)
			}
		}
		account := ticks.At(s, now)
		if account.Expected < 0 || account.Lost < 0 || account.Lost > account.Expected || account.Received != ticks.Received || account.MeanLateness < 0 {
			t.Errorf("account %+v of %+v", account, ticks)
		}
	})
}
