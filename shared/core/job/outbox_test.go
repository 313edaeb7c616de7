package job_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// kinds returns the kinds of events, in order.
func kinds(events []job.Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e.Kind)
	}
	return strings.Join(names, " ")
}

func TestEventsOfAChange(t *testing.T) {
	t.Parallel()
	pending := job.State{Phase: job.PhasePending}
	seen := job.State{Phase: job.PhasePending, WorkSeen: true}
	ended := func(s job.State, phase job.Phase) job.State { return s.Ended(phase, "why", start) }
	ok, risk, stalled := running(""), running(forecast.StatusAtRisk), running(forecast.StatusStalled)
	tests := map[string]struct {
		before, after job.State
		want          string
	}{
		"nothing":                              {pending, pending, ""},
		"work was seen at the start":           {pending, seen, ""},
		"it runs":                              {pending, ok, "started"},
		"it ran and is done in one tick":       {pending, ended(ok, job.PhaseFinished), "started finished"},
		"it ran and failed in one tick":        {pending, ended(ok, job.PhaseFailed), "started failed"},
		"it never ran":                         {pending, ended(pending, job.PhaseFailed), "failed"},
		"a caller stopped it before it ran":    {pending, ended(pending, job.PhaseStopped), "stopped"},
		"a caller stopped it, work was seen":   {seen, ended(seen, job.PhaseStopped), "stopped"},
		"it goes on":                           {ok, ok, ""},
		"it is at risk":                        {ok, risk, "at-risk"},
		"it stalls":                            {ok, stalled, "stalled"},
		"it stalls after it was at risk":       {risk, stalled, "stalled"},
		"it advances again, late":              {stalled, risk, "at-risk"},
		"it recovers":                          {risk, ok, "recovered"},
		"it recovers from a stall":             {stalled, ok, "recovered"},
		"it is done":                           {ok, ended(ok, job.PhaseFinished), "finished"},
		"it fails at risk":                     {risk, ended(risk, job.PhaseFailed), "failed"},
		"a caller stops it":                    {stalled, ended(stalled, job.PhaseStopped), "stopped"},
		"a stop after the end":                 {ended(ok, job.PhaseFinished), ended(ok, job.PhaseStopped), ""},
		"a health that changes after the end":  {ended(risk, job.PhaseFailed), ended(ok, job.PhaseFailed), ""},
		"at risk and done in the same tick":    {ok, ended(risk, job.PhaseFinished), "at-risk finished"},
		"an ended job that was started by one": {pending, ended(seen, job.PhaseFinished), "started finished"},
	}
	policy := job.EventPolicy{Enabled: true, Samples: true}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.after.Sequence, tt.after.Outbox = 4, []job.Event{{Sequence: 4, Kind: "earlier"}}
			got, sampled := policy.Append(newSpec(), tt.before, tt.after, nil, nil, start)
			want := strings.TrimSpace("earlier " + tt.want)
			if kinds(got.Outbox) != want || sampled != nil {
				t.Fatalf("outbox %q, sample's event %v, want %q and none", kinds(got.Outbox), sampled, want)
			}
			for i, e := range got.Outbox {
				if e.Sequence != int64(4+i) {
					t.Errorf("event %d has sequence %d, want %d", i, e.Sequence, 4+i)
				}
			}
			if last := got.Outbox[len(got.Outbox)-1]; got.Sequence != last.Sequence {
				t.Errorf("the state's sequence is %d, want %d", got.Sequence, last.Sequence)
			}
			if len(tt.after.Outbox) != 1 {
				t.Error("Append changed the outbox that it was given")
			}
		})
	}
}

func TestEventPolicy(t *testing.T) {
	t.Parallel()
	x := sample.Sample{At: start.UnixMilli()}
	tests := map[string]struct {
		policy  job.EventPolicy
		sample  *sample.Sample
		outbox  string
		sampled int64 // sequence of the sample's event; 0: none
	}{
		"nothing is selected":           {job.EventPolicy{}, &x, "", 0},
		"samples without events":        {job.EventPolicy{Samples: true}, &x, "", 0},
		"events without samples":        {job.EventPolicy{Enabled: true}, &x, "started", 0},
		"events and samples":            {job.EventPolicy{Enabled: true, Samples: true}, &x, "started", 1},
		"events and samples, no sample": {job.EventPolicy{Enabled: true, Samples: true}, nil, "started", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sampled := tt.policy.Append(newSpec(), job.State{Phase: job.PhasePending}, running(""), tt.sample, nil, start)
			if kinds(got.Outbox) != tt.outbox {
				t.Errorf("outbox %q, want %q", kinds(got.Outbox), tt.outbox)
			}
			switch {
			case tt.sampled == 0 && sampled != nil:
				t.Errorf("the sample's event is %+v, want none", sampled)
			case tt.sampled != 0 && (sampled == nil || sampled.Sequence != tt.sampled || sampled.Kind != job.EventSample):
				t.Errorf("the sample's event is %+v, want sequence %d", sampled, tt.sampled)
			}
			if ids := got.Outbox; tt.sampled != 0 && ids[0].Sequence != tt.sampled+1 {
				t.Errorf("the first event has sequence %d, want the one after the sample's", ids[0].Sequence)
			}
		})
	}
}

// The outbox holds 64 events. Two more arrive, the first of them about health.
// Events about health are dropped first, the oldest of them first; if there is
// none, the oldest event is dropped.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	const most = 64
	fill := func(kind func(i int) job.EventKind) []job.Event {
		events := make([]job.Event, most)
		for i := range events {
			events[i] = job.Event{Sequence: int64(i + 1), Kind: kind(i)}
		}
		return events
	}
	tests := map[string]struct {
		outbox  []job.Event
		dropped []int64 // sequences
	}{
		"events about health": {
			fill(func(i int) job.EventKind {
				return []job.EventKind{job.EventStarted, job.EventAtRisk, job.EventStalled, job.EventRecovered}[min(i, 1+i%3)]
			}),
			[]int64{2, 3},
		},
		"no event about health":                    {fill(func(int) job.EventKind { return job.EventStarted }), []int64{1}}, // after the new event about health
		"room for one: the new event about health": {fill(func(int) job.EventKind { return job.EventStarted })[1:], nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := running(forecast.StatusAtRisk).Ended(job.PhaseFinished, "why", start) // at-risk and finished
			after.Sequence, after.Outbox = most, tt.outbox
			got, _ := job.EventPolicy{Enabled: true}.Append(newSpec(), running(""), after, nil, nil, start)
			if len(got.Outbox) > most {
				t.Fatalf("%d events, want at most %d", len(got.Outbox), most)
			}
			present := map[int64]bool{}
			for _, e := range got.Outbox {
				present[e.Sequence] = true
			}
			for _, e := range tt.outbox {
				gone := !present[e.Sequence]
				if want := slices.Contains(tt.dropped, e.Sequence); gone != want {
					t.Errorf("event %d (%s) dropped: %t, want %t", e.Sequence, e.Kind, gone, want)
				}
			}
			if !present[most+2] {
				t.Error("the last event was dropped")
			}
		})
	}
}

func TestUnacknowledged(t *testing.T) {
	t.Parallel()
	event := func(life, sequence int64) job.Event { return job.Event{Job: "a", Life: life, Sequence: sequence} }
	outbox := []job.Event{event(1, 1), event(1, 2), event(2, 1)}
	tests := map[string]struct{ acknowledged, want []job.Event }{
		"none":                      {nil, outbox},
		"the first":                 {outbox[:1], outbox[1:]},
		"all":                       {outbox, []job.Event{}},
		"one of another life":       {[]job.Event{event(2, 1)}, outbox[:2]},
		"one that is not there":     {[]job.Event{event(9, 9)}, outbox},
		"one that was acknowledged": {[]job.Event{event(1, 2), event(1, 2)}, []job.Event{event(1, 1), event(2, 1)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, job.Unacknowledged(outbox, tt.acknowledged)); diff != "" {
				t.Errorf("Unacknowledged (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInSequence(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outbox  string // LIFE-SEQUENCE, in order
		sampled *job.Event
		want    string
	}{
		"no sample":                           {"1-1 1-2", nil, "1-1 1-2"},
		"an empty outbox":                     {"", &job.Event{Life: 1, Sequence: 3}, "1-3"},
		"before a later one":                  {"1-1 1-3", &job.Event{Life: 1, Sequence: 2}, "1-1 1-2 1-3"},
		"after all earlier ones":              {"1-1 1-2", &job.Event{Life: 1, Sequence: 3}, "1-1 1-2 1-3"},
		"after the events of an earlier life": {"1-8 1-9 2-3", &job.Event{Life: 2, Sequence: 2}, "1-8 1-9 2-2 2-3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var outbox []job.Event
			for text := range strings.FieldsSeq(tt.outbox) {
				var e job.Event
				if _, err := fmt.Sscanf(text, "%d-%d", &e.Life, &e.Sequence); err != nil {
					t.Fatal(err)
				}
				outbox = append(outbox, e)
			}
			var got []string
			for _, e := range job.InSequence(outbox, tt.sampled) {
				got = append(got, fmt.Sprintf("%d-%d", e.Life, e.Sequence))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("InSequence = %v, want %s", got, tt.want)
			}
		})
	}
}
