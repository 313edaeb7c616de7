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
				ticks = ticks.Receive(every, accounting.NewDelivery(start.Add(x.sent), start.Add(x.arrived)))
			}
			if diff := cmp.Diff(tt.want, ticks.At(every, start.Add(tt.at))); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
}

// A tick is surplus if its instant has had one, or if it is too close to another.
// The first tick of each row is sent and arrives 700 ms after the start, in the
// instant 05:41:08.
func TestSurplus(t *testing.T) {
	t.Parallel()
	const first = 700 * time.Millisecond
	missing := tick{-time.Hour, 0}
	tests := map[string]struct {
		tick    tick
		spacing float64
		want    bool
	}{
		"a second adapter":                 {tick{1000 * time.Millisecond, 1000 * time.Millisecond}, 0.4, true},
		"a second adapter, clock behind":   {tick{1400 * time.Millisecond, 2400 * time.Millisecond}, 0.4, true},
		"a second adapter, clock ahead":    {tick{2700 * time.Millisecond, 1700 * time.Millisecond}, 0.4, false}, // the first of :10
		"a little before the next instant": {tick{2600 * time.Millisecond, 2600 * time.Millisecond}, 0.4, true},
		"of the next instant":              {tick{2700 * time.Millisecond, 2700 * time.Millisecond}, 0.4, false},
		"of the next instant, too close":   {tick{1350 * time.Millisecond, 1350 * time.Millisecond}, 0.4, true},
		"of an instant before the start":   {tick{-3 * time.Second, 2700 * time.Millisecond}, 0.4, true},
		"long before the start":            {tick{-50 * time.Second, 2700 * time.Millisecond}, 0.4, true},
		"no time, too close":               {tick{missing.sent, 1400 * time.Millisecond}, 0.4, true},
		"no time, far enough":              {tick{missing.sent, 1600 * time.Millisecond}, 0.4, false},
		"a time far ahead, too close":      {tick{time.Hour, 1400 * time.Millisecond}, 0.4, true},
		"a clock that is ten seconds back": {tick{2700 * time.Millisecond, -7300 * time.Millisecond}, 0.4, false},
		"turned off":                       {tick{1000 * time.Millisecond, 1000 * time.Millisecond}, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticks := accounting.New(every, start)
			delivery := accounting.NewDelivery(start.Add(first), start.Add(first))
			if ticks.Surplus(every, delivery, tt.spacing) {
				t.Error("the first tick is surplus")
			}
			ticks = ticks.Receive(every, delivery)
			delivery = accounting.NewDelivery(start.Add(tt.tick.sent), start.Add(tt.tick.arrived))
			if got := ticks.Surplus(every, delivery, tt.spacing); got != tt.want {
				t.Errorf("Surplus = %t, want %t", got, tt.want)
			}
		})
	}
}

// A tick in the instant of the start is not surplus: a person may invoke the
// function at once.
func TestTickInTheInstantOfTheStart(t *testing.T) {
	t.Parallel()
	ticks := accounting.New(every, start)
	now := start.Add(100 * time.Millisecond)
	if ticks.Surplus(every, accounting.NewDelivery(now, now), 0.4) {
		t.Error("surplus, want it taken")
	}
}

// Whatever ticks claim, there is one for each instant of the last minute that had
// none, and they leave no trace in those that had one.
func TestForgedTicks(t *testing.T) {
	t.Parallel()
	ticks := accounting.New(every, start)
	for n := range 40 { // every second instant is lost
		sent := start.Add(time.Duration(4*n)*time.Second + first(n))
		ticks = ticks.Receive(every, accounting.NewDelivery(sent, sent))
	}
	arrived := start.Add(40*4*time.Second - 3*time.Second)
	taken := 0
	for n := range 300 {
		d := accounting.NewDelivery(arrived.Add(-time.Duration(n)*200*time.Millisecond), arrived.Add(time.Duration(n)*time.Millisecond))
		if !ticks.Surplus(every, d, 0.4) {
			taken++
			ticks = ticks.Receive(every, d)
		}
	}
	if taken > 16 {
		t.Errorf("%d forged ticks were taken, want at most one for each of the 15 instants that were lost in a minute, and one", taken)
	}
}

func first(n int) time.Duration { return time.Duration(700+n) * time.Millisecond }

func TestNewDelivery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		claimed time.Time
		want    accounting.Delivery
	}{
		"believed":             {start.Add(-3 * time.Second), accounting.Delivery{Sent: start.Add(-3 * time.Second), Arrived: start, Claimed: true}},
		"clocks differ":        {start.Add(2 * time.Second), accounting.Delivery{Sent: start.Add(2 * time.Second), Arrived: start, Claimed: true}},
		"missing":              {time.Time{}, accounting.Delivery{Sent: start, Arrived: start}},
		"far ahead":            {start.Add(2001 * time.Millisecond), accounting.Delivery{Sent: start, Arrived: start}},
		"a clock an hour back": {start.Add(-time.Hour), accounting.Delivery{Sent: start, Arrived: start}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, accounting.NewDelivery(tt.claimed, start)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
