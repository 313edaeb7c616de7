package forecast_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/forecast"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// service records what it is asked.
type service struct {
	id      job.ID
	assumed *monitor.WhatIf
	err     error
}

func (s *service) Forecast(_ context.Context, id job.ID, assumed monitor.WhatIf) (monitor.Prospect, error) {
	s.id, s.assumed = id, &assumed
	return monitor.Prospect{ID: id, Phase: job.PhaseRunning}, s.err
}

func get(t *testing.T, s *service, id, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.URL.RawQuery = query
	r.SetPathValue("id", id)
	w := httptest.NewRecorder()
	forecast.New(s, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	return w
}

func TestQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query string
		want  monitor.WhatIf
	}{
		"nothing":             {"", monitor.WhatIf{}},
		"empty values":        {"replicas=&deadline=&confidence=", monitor.WhatIf{}},
		"replicas":            {"replicas=10000", monitor.WhatIf{Replicas: 10_000}},
		"a deadline":          {"deadline=2026-11-24T07:06:22.5%2B01:00", monitor.WhatIf{Deadline: time.Date(2026, 11, 24, 6, 6, 22, 500_000_000, time.UTC)}},
		"one that has passed": {"deadline=1970-01-01T00:00:00Z", monitor.WhatIf{Deadline: time.UnixMilli(0)}},
		"seconds":             {"deadline=90.5", monitor.WhatIf{Budget: 90_500 * time.Millisecond}},
		"a year":              {"deadline=31536000", monitor.WhatIf{Budget: 365 * 24 * time.Hour}},
		"all":                 {"confidence=0.99&deadline=1e3&replicas=1", monitor.WhatIf{Replicas: 1, Budget: 1000 * time.Second, Confidence: .99}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{}
			w := get(t, s, "kj-1", tt.query)
			if w.Code != http.StatusOK || s.id != "kj-1" || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("status %d for %s: %s", w.Code, s.id, w.Body)
			}
			if diff := cmp.Diff(tt.want, *s.assumed); diff != "" {
				t.Errorf("assumed (-want +got):\n%s", diff)
			}
		})
	}
}

// Every wrong parameter is named at once, and the service is not asked.
func TestWrongQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id, query string
		want      []string
	}{
		"no replicas":         {"a", "replicas=0", []string{`replicas: want a whole number from 1 to 10000, got "0"`}},
		"too many":            {"a", "replicas=10001", []string{"replicas: "}},
		"half a replica":      {"a", "replicas=1.5", []string{"replicas: "}},
		"not a time":          {"a", "deadline=soon", []string{`deadline: want RFC 3339, from 1970 to 9999, or seconds from the submission, at most a year, got "soon"`}},
		"no seconds":          {"a", "deadline=0", []string{"deadline: "}},
		"less than none":      {"a", "deadline=-1", []string{"deadline: "}},
		"hardly anything":     {"a", "deadline=1e-300", []string{"deadline: "}},
		"no number of them":   {"a", "deadline=NaN", []string{"deadline: "}},
		"over a year":         {"a", "deadline=31536001", []string{"deadline: "}},
		"before 1970":         {"a", "deadline=1969-12-31T23:59:59Z", []string{"deadline: "}},
		"certain":             {"a", "confidence=1", []string{`confidence: want a number between 0 and 1, got "1"`}},
		"impossible":          {"a", "confidence=0", []string{"confidence: "}},
		"a confidence of NaN": {"a", "confidence=NaN", []string{"confidence: "}},
		"twice":               {"a", "replicas=1&replicas=2", []string{"replicas: want it once"}},
		"unknown":             {"a", "replica=1", []string{`"replica": no such parameter: there are replicas, deadline and confidence`}},
		"no query":            {"a", "a;b", []string{"query: want name=value"}},
		"everything":          {"A", "replicas=x&deadline=x&confidence=x&x=1", []string{"id: ", "replicas: ", "deadline: ", "confidence: ", `"x": `}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{}
			w := get(t, s, tt.id, tt.query)
			text := failuretest.Message(t, w)
			if w.Code != http.StatusBadRequest || s.assumed != nil {
				t.Errorf("status %d, asked about %v", w.Code, s.assumed)
			}
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"unknown":     {monitor.ErrUnknownJob, http.StatusNotFound},
		"unavailable": {failure.Unavailable("the state cannot be read", errors.New("refused")), http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if w := get(t, &service{err: tt.err}, "a", ""); w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
}

// A query is refused with a text that can be shown, or what it assumes is in its bounds.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "replicas=3&deadline=2026-11-24T05:41:07.5%2B02:00&confidence=.5", "deadline=1e3", "deadline=-0", "confidence=0x1p-2", "x=1&%0a=2",
		"a;b", "%zz", "replicas=%2B5", "deadline=Inf", strings.Repeat("&%01=", 30),
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s := &service{}
		w := get(t, s, "a", query)
		if s.assumed == nil {
			if text := failuretest.Message(t, w); w.Code != http.StatusBadRequest || len(text) > 5000 {
				t.Errorf("%q: status %d, a text of %d bytes", query, w.Code, len(text))
			}
			return
		}
		a := *s.assumed
		if a.Replicas < 0 || a.Replicas > 10_000 || a.Budget < 0 || a.Budget > 365*24*time.Hour || !(a.Confidence >= 0 && a.Confidence < 1) ||
			!a.Deadline.IsZero() && (a.Deadline.Year() < 1969 || a.Deadline.Year() > 10_000) {
			t.Errorf("%q assumes %+v", query, a)
		}
	})
}
