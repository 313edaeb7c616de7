package client_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/world"
)

func monitorID(text string) job.ID { return job.ID(text) }

// connect returns a real server and a client of it.
func connect(t *testing.T) (*world.World, *client.Client) {
	t.Helper()
	w := world.Open(t, map[string]string{"TICK_SPACING": "0"}, world.Options{})
	c, err := client.New(client.Options{Server: w.URL})
	if err != nil {
		t.Fatal(err)
	}
	return w, c
}

// request returns the request of a job whose queue is that of a world.
func request(w *world.World, id job.ID) monitor.Request {
	return monitor.Request{ID: id, Budget: time.Minute, QueueHost: "127.0.0.1", QueuePort: w.Queue.Port()}
}

// The whole life of a job, as a program sees it.
func TestLife(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	ctx := t.Context()
	w.Fill(10, 0, 0)
	r := request(w, "a")
	r.Control = &job.Control{Max: 7, Actuator: job.ActuatorRedis}
	for range 2 { // the same start again changes nothing
		started, err := c.Start(ctx, r)
		if err != nil || started.Items != 10 || !started.Deadline.Equal(w.Now().Add(time.Minute)) || started.Control.Max != 7 {
			t.Fatalf("start = %+v, %v", started, err)
		}
	}
	r.Budget = time.Hour
	if _, err := c.Start(ctx, r); !errors.Is(err, client.ErrConflict) || !errors.Is(err, monitor.ErrOtherRequest) {
		t.Errorf("another request: %v", err)
	}
	for i := range int64(10) {
		w.Fill(int(10-i-1), 1, int(i))
		w.Pass(2 * time.Second)
		w.Tick("a")
	}
	status, err := c.Status(ctx, "a")
	if err != nil || status.State != "running" || status.Progress.Job != .9 || status.Samples != 10 || len(status.Events) == 0 {
		t.Errorf("status = %+v, %v", status, err)
	}
	if _, err := c.Report(ctx, "a"); !errors.Is(err, client.ErrNotYet) {
		t.Errorf("report of a living job: %v", err)
	}
	prospect, err := c.Forecast(ctx, "a", monitor.WhatIf{Replicas: 3, Budget: 90 * time.Second, Confidence: .5})
	if err != nil || prospect.Forecast.Replicas != 3 || prospect.Forecast.Confidence != .5 || !prospect.Deadline.Equal(status.Submitted.Add(90*time.Second)) {
		t.Errorf("forecast = %+v, %v", prospect, err)
	}
	w.Fill(0, 0, 10)
	w.Pass(2 * time.Second)
	w.Tick("a")
	report, err := c.Report(ctx, "a")
	if err != nil || report.Phase != job.PhaseFinished || report.Verdict == nil || !report.DeadlineMet || report.Outcome == nil || *report.FinalError.Value <= 0 {
		t.Errorf("report = %+v, %v", report, err)
	}
	detailed, err := c.DetailedReport(ctx, "a")
	if err != nil || len(detailed) != 11 || detailed[w.Now().Format("2006-01-02T15:04:05Z")].Job != 1 {
		t.Errorf("detailed report = %+v, %v", detailed, err)
	}
	if err := c.Stop(ctx, "b"); !errors.Is(err, client.ErrNotFound) || !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("stop of an unknown job: %v", err)
	}
}

// Every wrong field of a request is named, and a stopped job has no report.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	_, err := c.Start(t.Context(), monitor.Request{ID: "a", Budget: -1, QueuePort: 70_000, QueueHost: "8.8.8.8", Items: 1})
	if !errors.Is(err, client.ErrInvalid) {
		t.Errorf("start: %v, want %v", err, client.ErrInvalid)
	}
	r := request(w, "a")
	r.Items = 1
	if _, err := c.Start(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Report(t.Context(), "a"); !errors.Is(err, client.ErrNotFound) || !errors.Is(err, monitor.ErrNoReport) {
		t.Errorf("report of a stopped job: %v", err)
	}
	w.State.Stop()
	once, err := client.New(client.Options{Server: w.URL, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := once.Status(t.Context(), "a"); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("without the store: %v, want %v", err, client.ErrUnavailable)
	}
}

// Lists and overviews come page by page.
func TestPages(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	var want []job.ID
	for i := range 103 {
		id := job.ID("j" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
		r := request(w, id)
		r.Items = 1
		if _, err := c.Start(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		want = append(want, id)
	}
	collect := func(name string, all func(func(monitor.Status, error) bool)) []job.ID {
		var got []job.ID
		for status, err := range all {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = append(got, status.ID)
		}
		return got
	}
	got := collect("list", c.Jobs(t.Context()))
	slices.Sort(got) // the order of a list is that of its pages
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	view := monitor.View{Order: monitor.OrderID, States: []string{monitor.StateLiving}}
	proctest.Until(t, "the overview has all", func() bool {
		w.Pass(time.Minute)
		overview, err := c.Overview(t.Context(), view)
		return err == nil && overview.Total == len(want)
	})
	if diff := cmp.Diff(want, collect("select", c.Select(t.Context(), view))); diff != "" {
		t.Errorf("selected (-want +got):\n%s", diff)
	}
	view.Limit, view.Offset, view.Reverse, view.Text = 101, 1, true, "J"
	reversed := slices.Clone(want)
	slices.Reverse(reversed)
	if diff := cmp.Diff(reversed[1:102], collect("select", c.Select(t.Context(), view))); diff != "" {
		t.Errorf("a part (-want +got):\n%s", diff)
	}
	overview, err := c.Overview(t.Context(), monitor.View{IDs: []job.ID{"jab", "jac", "x"}})
	if err != nil || overview.Total != 2 || len(overview.Counts) != 1 {
		t.Errorf("two ids: %+v, %v", overview, err)
	}
	for _, err := range c.Select(t.Context(), monitor.View{Order: "size"}) {
		if !errors.Is(err, client.ErrInvalid) {
			t.Errorf("a wrong order: %v, want %v", err, client.ErrInvalid)
		}
	}
}

// Samples come page by page, as the server has them, within a range.
func TestSamples(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	w.Fill(5, 0, 0)
	if _, err := c.Start(t.Context(), request(w, "a")); err != nil {
		t.Fatal(err)
	}
	begin := w.Now()
	for range 7 {
		w.Pass(2 * time.Second)
		w.Tick("a")
	}
	count := func(in monitor.SampleRange) int {
		n, last := 0, int64(0)
		for x, err := range c.Samples(t.Context(), "a", in) {
			if err != nil || x.Timestamp <= last {
				t.Fatalf("after %d: %+v, %v", last, x, err)
			}
			n, last = n+1, x.Timestamp
		}
		return n
	}
	for name, tt := range map[string]struct {
		in   monitor.SampleRange
		want int
	}{
		"all":    {monitor.SampleRange{}, 7},
		"some":   {monitor.SampleRange{Limit: 3}, 3},
		"before": {monitor.SampleRange{Until: begin.Add(7 * time.Second)}, 3},
		"from":   {monitor.SampleRange{Since: begin.Add(7 * time.Second)}, 4},
	} {
		if got := count(tt.in); got != tt.want {
			t.Errorf("%s: %d samples, want %d", name, got, tt.want)
		}
	}
	for _, err := range c.Samples(t.Context(), "b", monitor.SampleRange{}) {
		if !errors.Is(err, client.ErrNotFound) {
			t.Errorf("of an unknown job: %v", err)
		}
	}
}

// A followed job sends its samples and its end; a cursor goes on where another left off.
func TestFollow(t *testing.T) {
	t.Parallel()
	w, c := connect(t)
	w.Fill(5, 0, 0)
	if _, err := c.Start(t.Context(), request(w, "a")); err != nil {
		t.Fatal(err)
	}
	tick := func() {
		w.Pass(2 * time.Second)
		w.Tick("a")
	}
	tick()
	tick()
	cursor, samples := "", 0
	for event, err := range c.Follow(t.Context(), "a", "0") {
		if err != nil {
			t.Fatal(err)
		}
		if cursor = event.Cursor; event.Sample != nil {
			samples++
		}
		if samples == 2 {
			break // another one goes on
		}
	}
	tick()
	var last client.Event
	for event, err := range c.Follow(t.Context(), "a", cursor) {
		if err != nil {
			t.Fatal(err)
		}
		if last = event; event.Sample == nil {
			continue
		}
		if samples++; samples == 3 {
			w.Fill(0, 0, 5)
			tick()
		}
	}
	if samples != 4 || last.Phase != job.PhaseFinished || last.Reason == "" {
		t.Errorf("%d samples, at last %+v, want 4 and the end", samples, last)
	}
	for event, err := range c.Follow(t.Context(), "a", last.Cursor) {
		t.Errorf("after the end: %+v, %v", event, err)
	}
	for _, err := range c.Follow(t.Context(), "b", "") {
		if !errors.Is(err, client.ErrNotFound) {
			t.Errorf("an unknown job: %v", err)
		}
	}
}
