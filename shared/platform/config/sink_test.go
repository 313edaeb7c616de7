package config_test

import "testing"

// With the metronome the instance that takes the beat ticks, unless a sink is named.
func TestSinkOfTheMetronome(t *testing.T) {
	t.Parallel()
	for sink, want := range map[string]string{"": "", "ksvc/tick": "ksvc/tick", "http://tick.kubejobs/": "http://tick.kubejobs/"} {
		got := load(t, map[string]string{"SCHEDULER": "metronome", "TICK_SINK": sink})
		if got.TickSink != want {
			t.Errorf("TICK_SINK=%s: sink %q, want %q", sink, got.TickSink, want)
		}
	}
}
