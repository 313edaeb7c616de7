package accounting_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/schedule"
)

var (
	start = time.Date(2026, 11, 24, 5, 41, 7, 390e6, time.UTC) // instants: 05:41:08, :10 …
	every = schedule.Largest(2 * time.Second)
)

type tick struct{ sent, arrived time.Duration } // since start

func TestReceive(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ticks []tick
		at    time.Duration
		want  accounting.Account
	}{
		"none yet, none due": {nil, 3 * time.Second, accounting.Account{}},
		"none came": {
			nil, 10 * time.Second, // 05:41:17.39, less the grace :13.39: due are :08, :10, :12
			accounting.Account{Expected: 3, Lost: 3},
		},
		"two on time": {
			[]tick{{700 * time.Millisecond, 710 * time.Millisecond}, {2900 * time.Millisecond, 2910 * time.Millisecond}},
			4 * time.Second,
			accounting.Account{Expected: 2, Received: 2, LastLateness: 300, MaxLateness: 300, MeanLateness: 200},
		},
		"one missed between two": {
			[]tick{{700 * time.Millisecond, 700 * time.Millisecond}, {4700 * time.Millisecond, 4700 * time.Millisecond}},
			5 * time.Second,
			accounting.Account{Expected: 3, Received: 2, Lost: 1, LastLateness: 90, MaxLateness: 90, MeanLateness: 90},
		},
		"a retry that comes after the next tick is found again": {
			[]tick{{700 * time.Millisecond, 700 * time.Millisecond}, {4700 * time.Millisecond, 4700 * time.Millisecond}, {2700 * time.Millisecond, 4800 * time.Millisecond}},
			5 * time.Second,
			accounting.Account{Expected: 3, Received: 3, LastLateness: 2190, MaxLateness: 2190, MeanLateness: 790},
		},
		"the sender died": {
			[]tick{{700 * time.Millisecond, 700 * time.Millisecond}}, 74 * time.Second, // due until 05:42:16
			accounting.Account{Expected: 35, Received: 1, Lost: 34, LastLateness: 90, MaxLateness: 90, MeanLateness: 90},
		},
		"two senders: the same instant twice": {
			[]tick{{700 * time.Millisecond, 700 * time.Millisecond}, {800 * time.Millisecond, 800 * time.Millisecond}},
			time.Second,
			accounting.Account{Expected: 1, Received: 2, LastLateness: 190, MaxLateness: 190, MeanLateness: 140},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticks := accounting.New(every, start)
			for _, x := range tt.ticks {
				ticks = ticks.Receive(every, start.Add(x.sent), start.Add(x.arrived))
			}
			if diff := cmp.Diff(tt.want, ticks.At(every, start.Add(tt.at))); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSurplus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gap     time.Duration
		spacing float64
		want    bool
	}{
		"a second adapter":          {300 * time.Millisecond, 0.4, true},
		"sent before the last one":  {-300 * time.Millisecond, 0.4, true},
		"the closest of one sender": {1500 * time.Millisecond, 0.4, false},
		"exactly the spacing":       {800 * time.Millisecond, 0.4, false},
		"turned off":                {0, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticks := accounting.New(every, start)
			if ticks.Surplus(every, start, tt.spacing) {
				t.Error("the first tick is surplus")
			}
			ticks = ticks.Receive(every, start, start)
			if got := ticks.Surplus(every, start.Add(tt.gap), tt.spacing); got != tt.want {
				t.Errorf("Surplus after %v = %t, want %t", tt.gap, got, tt.want)
			}
		})
	}
}

func TestSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ claimed, want time.Time }{
		"believed":      {start.Add(-3 * time.Second), start.Add(-3 * time.Second)},
		"missing":       {time.Time{}, start},
		"in the future": {start.Add(time.Millisecond), start},
		"a wrong clock": {start.Add(-time.Hour), start},
	}
	for name, tt := range tests {
		if got := accounting.Sent(tt.claimed, start); !got.Equal(tt.want) {
			t.Errorf("%s: Sent(%v) = %v, want %v", name, tt.claimed, got, tt.want)
		}
	}
}
