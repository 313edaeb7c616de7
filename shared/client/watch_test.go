package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// script serves /overview/events: each connection gets the next text, the last one stays
// open. It keeps the queries.
type script struct {
	texts   []string
	count   atomic.Int32
	queries chan string
}

func newScript(texts ...string) *script {
	return &script{texts: texts, queries: make(chan string, 100)}
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := int(s.count.Add(1)) - 1
	s.queries <- r.URL.RawQuery
	text := s.texts[min(n, len(s.texts)-1)]
	if code, ok := strings.CutPrefix(text, "status "); ok {
		http.Error(w, "", map[string]int{"503": 503, "400": 400}[code])
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_, _ = w.Write([]byte(text))
	_ = http.NewResponseController(w).Flush()
	if n >= len(s.texts)-1 {
		<-r.Context().Done()
	}
}

// A stream that ends is resumed after the newest sample, without a word; a message of a
// later server is ignored.
func TestWatchResumes(t *testing.T) {
	t.Parallel()
	samples := func(at ...int64) string {
		var all []string
		for _, x := range at {
			all = append(all, fmt.Sprintf(`{"timestamp":%d,"error":0.5}`, x))
		}
		return "event: samples\ndata: {\"id\":\"a\",\"samples\":[" + strings.Join(all, ",") + "]}\n\n"
	}
	s := newScript(
		"retry: 500\n\n: alive\n\n"+samples(10, 20)+"event: job\ndata: {\"id\":\"a\",\"phase\":\"running\"}\n\n",
		"event: later\ndata: {}\n\nevent: job\ndata: nonsense\n\n"+samples(30)+"event: gone\ndata: {\"id\":\"b\"}\n\n",
		"event: trouble\ndata: {\"text\":\"the state store does not answer\"}\n\nevent: recovered\ndata: {}\n\n"+
			"event: overview\ndata: {\"view\":\"limit=3&state=living\",\"total\":7,\"jobs\":[{\"id\":\"c\"}]}\n\n",
	)
	c := clientOf(t, s.ServeHTTP, client.Options{})
	zero := int64(0)
	watched := client.Watched{
		Views: []monitor.View{{States: []string{"living"}, Limit: 3}},
		Jobs:  []client.WatchedJob{{ID: "a", Since: &zero}, {ID: "b"}},
	}
	var got []string
	for u, err := range c.Watch(t.Context(), watched) {
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(u.Kind, " ", u.ID, len(u.Samples))
		if u.Err != nil {
			text = fmt.Sprint(u.Kind, " ", u.Err)
		}
		if got = append(got, text); u.Kind == client.UpdateOverview {
			if u.View != 0 || u.Overview.Total != 7 || u.Overview.Jobs[0].ID != "c" {
				t.Errorf("overview %+v of the view %d", u.Overview, u.View)
			}
			break
		}
	}
	want := []string{"samples a2", "job a0", "samples a1", "gone b0", "trouble the state store does not answer", "recovered 0", "overview 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	for _, since := range []string{"a%400", "a%4020", "a%4030"} {
		if query := <-s.queries; query != "job="+since+"&job=b&view=limit%3D3%26state%3Dliving" {
			t.Errorf("asked for %s, want samples after %s", query, since)
		}
	}
	if zero != 0 {
		t.Error("the caller's value has changed")
	}
}

// A server that is lost is said to be so once, and so is its return.
func TestWatchSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	const status = "event: job\ndata: {\"id\":\"a\",\"phase\":\"running\"}\n\n"
	s := newScript(status, "status 503", "status 503", status)
	c := clientOf(t, s.ServeHTTP, client.Options{})
	var got []client.UpdateKind
	for u, err := range c.Watch(t.Context(), client.Watched{Jobs: []client.WatchedJob{{ID: "a"}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if u.Kind == client.UpdateLost && !errors.Is(u.Err, client.ErrUnavailable) {
			t.Errorf("lost by %v", u.Err)
		}
		if got = append(got, u.Kind); len(got) == 4 {
			break
		}
	}
	if diff := cmp.Diff([]client.UpdateKind{client.UpdateJob, client.UpdateLost, client.UpdateBack, client.UpdateJob}, got); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}

// What cannot be watched ends with an error of its kind.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	old := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/monitoring" {
			_, _ = w.Write([]byte(`{"jobs":[]}`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error_code":404,"error_message":"no such path"}`))
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"an older server": {old, client.ErrOld},
		"another path":    {http.NotFound, client.ErrForeign},
		"a page":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, client.ErrForeign},
		"a wrong request": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error_code":400,"error_message":"job: want"}`))
		}, client.ErrInvalid},
		"it never answers": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, client.ErrUnavailable},
		"a login":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, client.ErrDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientOf(t, tt.handler, client.Options{Retries: -1, First: time.Millisecond})
			var last error
			for _, err := range c.Watch(t.Context(), client.Watched{}) {
				last = err
			}
			if !errors.Is(last, tt.want) || strings.Contains(last.Error(), "\n") {
				t.Errorf("watching ends with %v, want %v", last, tt.want)
			}
			if _, err := c.Overview(t.Context(), monitor.View{}); errors.Is(tt.want, client.ErrOld) && !errors.Is(err, client.ErrOld) {
				t.Errorf("overview: %v, want %v", err, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := clientOf(t, newScript(": alive\n\nevent: recovered\ndata: {}\n\n").ServeHTTP, client.Options{})
	for _, err := range c.Watch(ctx, client.Watched{}) {
		if cancel(); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("with its context it ends with %v", err)
		}
	}
}

// Views and jobs of a real server come, and change.
func TestWatchARealServer(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	w.Fill(5, 0, 0)
	if _, err := c.Start(t.Context(), request(w, "a")); err != nil {
		t.Fatal(err)
	}
	watched := client.Watched{
		Views: []monitor.View{{States: []string{monitor.StateLiving}}, {States: []string{monitor.StateEnded}, Order: monitor.OrderEnded}},
		Jobs:  []client.WatchedJob{{ID: "a"}, {ID: "b"}},
	}
	var seen []string
	see := func(what string) {
		if !slices.Contains(seen, what) {
			seen = append(seen, what)
		}
	}
	ticked, finished := false, false
	for u, err := range c.Watch(t.Context(), watched) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case u.Kind == client.UpdateGone && u.ID == "b":
			see("unknown")
		case u.Kind == client.UpdateSamples:
			see("samples")
		case u.Kind == client.UpdateJob && u.Status.Phase == job.PhaseFinished:
			see("end")
		case u.Kind == client.UpdateOverview && len(u.Overview.Jobs) == 1:
			see([]string{"living", "ended"}[u.View])
		}
		if !ticked && slices.Contains(seen, "living") && slices.Contains(seen, "unknown") {
			ticked = true
			w.Pass(2 * time.Second)
			w.Tick("a")
		}
		if !finished && slices.Contains(seen, "samples") {
			finished = true
			w.Fill(0, 0, 5)
			w.Pass(2 * time.Second)
			w.Tick("a")
		}
		w.Pass(time.Second) // the overview is read again
		if len(seen) == 5 {
			return
		}
	}
	t.Errorf("only %q came", seen)
}
