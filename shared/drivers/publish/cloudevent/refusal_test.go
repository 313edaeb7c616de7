package cloudevent_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/drivers/publish/cloudevent"
)

// A refused event stops nothing and is not sent again; what the sink cannot take now
// stops those after it.
func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	const refused, absent = http.StatusUnprocessableEntity, http.StatusServiceUnavailable
	tests := map[string]struct {
		kinds   string         // of the events; s is a sample
		answers map[string]int // by kind; else 202
		want    string         // taken by the sink
		taken   int            // acknowledged
		kind    failure.Kind   // of the error
		text    string         // part of it
	}{
		"the first":                  {"started s finished", map[string]int{"started": refused}, "s finished", 3, failure.KindRefused, "refused dev.kubejobs.job.started with 422"},
		"one in the middle":          {"started at-risk finished", map[string]int{"at-risk": refused}, "started finished", 3, failure.KindRefused, "job.at-risk with 422"},
		"a sample":                   {"started s finished", map[string]int{"s": refused}, "started finished", 3, failure.KindRefused, "job.sample with 422"},
		"the last":                   {"started s finished", map[string]int{"finished": refused}, "started s", 3, failure.KindRefused, "job.finished with 422"},
		"two":                        {"started at-risk finished", map[string]int{"started": refused, "finished": refused}, "at-risk", 3, failure.KindRefused, "job.started with 422"},
		"all there are":              {"s", map[string]int{"s": refused}, "", 1, failure.KindRefused, "job.sample with 422"},
		"none, one cannot be taken":  {"started at-risk finished", map[string]int{"at-risk": absent}, "started", 1, failure.KindUnavailable, "answered 503"},
		"one before an absence":      {"started at-risk finished", map[string]int{"started": refused, "at-risk": absent}, "", 1, failure.KindUnavailable, "answered 503"},
		"one after an absence":       {"started at-risk finished", map[string]int{"started": absent, "at-risk": refused}, "", 0, failure.KindUnavailable, "answered 503"},
		"a sample before an absence": {"s started", map[string]int{"s": refused, "started": absent}, "", 1, failure.KindUnavailable, "answered 503"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			short := func(kind string) string { return strings.ReplaceAll(kind, "sample", "s") }
			var got []string
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				kind := short(strings.TrimPrefix(r.Header.Get("Ce-Type"), cloudevent.TypePrefix))
				if status := tt.answers[kind]; status != 0 {
					w.WriteHeader(status)
					return
				}
				got = append(got, kind)
				w.WriteHeader(http.StatusAccepted)
			}))
			var kinds []job.EventKind
			for kind := range strings.FieldsSeq(tt.kinds) {
				if kind == "s" {
					kind = "sample"
				}
				kinds = append(kinds, job.EventKind(kind))
			}
			taken, err := publisher(t, cloudevent.Options{}, url).Publish(t.Context(), notice(kinds...))
			if taken != tt.taken || failure.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %d, %v, want %d and an error of kind %q with %q", taken, err, tt.taken, tt.kind, tt.text)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("taken by the sink (-want +got):\n%s", diff)
			}
		})
	}
}

// An event that cannot be encoded fails each time: it stops nothing.
func TestEventThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	s := &sink{}
	n := notice(job.EventStarted, job.EventFinished)
	n.Events[0].Data.Progress = &progress.Progress{Job: math.NaN()}
	p := publisher(t, cloudevent.Options{}, serve(t, s))
	if taken, err := p.Publish(t.Context(), n); taken != 2 || err == nil || len(s.events) != 1 {
		t.Errorf("got %d, %v, %d events arrived, want both acknowledged, an error and one event", taken, err, len(s.events))
	}
}
