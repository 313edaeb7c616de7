package samples_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/stream"
	"kubejobs/shared/monitor"
	"kubejobs/tests/world"
)

// read returns the samples in an answer of any format.
func read(t *testing.T, a world.Answer) []monitor.TimedSample {
	t.Helper()
	var page struct{ Samples []monitor.TimedSample }
	switch a.Header.Get("Content-Type") {
	case "application/json":
		decode(t, a.Body, &page)
	case "application/x-ndjson":
		for lines := bufio.NewScanner(strings.NewReader(a.Body)); lines.Scan(); {
			var s monitor.TimedSample
			decode(t, lines.Text(), &s)
			page.Samples = append(page.Samples, s)
		}
	case "text/csv; charset=utf-8; header=present":
		lines, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines[1:] {
			line[1] = strconv.Quote(line[1]) // the time; the other values are JSON already
			members := make([]string, len(line))
			for i, value := range line {
				members[i] = strconv.Quote(lines[0][i]) + ":" + value
			}
			var s monitor.TimedSample
			decode(t, "{"+strings.Join(members, ",")+"}", &s)
			page.Samples = append(page.Samples, s)
		}
	default:
		t.Fatalf("answer %d of type %q: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	return page.Samples
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// times returns the timestamps of samples.
func times(samples []monitor.TimedSample) []int64 {
	at := make([]int64, len(samples))
	for i, s := range samples {
		at[i] = s.Timestamp
	}
	return at
}

// All formats have the same samples, for living and for ended jobs. Pages of any size
// have each sample once.
func TestSamples(t *testing.T) {
	t.Parallel()
	j := start(t, stream.Options{})
	var want []int64
	for i := range 12 {
		j.Fill(1000-77*i, 0, 0)
		want = append(want, j.tick(2017*time.Millisecond))
	}
	check := func(what string) {
		all := read(t, j.Call(http.MethodGet, "/monitoring/a/samples", ""))
		if diff := cmp.Diff(want, times(all)); diff != "" {
			t.Fatalf("%s: samples (-want +got):\n%s", what, diff)
		}
		for _, suffix := range []string{".json", ".ndjson", ".csv"} {
			if diff := cmp.Diff(all, read(t, j.Call(http.MethodGet, "/monitoring/a/samples"+suffix, ""))); diff != "" {
				t.Errorf("%s: %s (-JSON +%s):\n%s", what, suffix, suffix, diff)
			}
			for _, limit := range []int{1, 5, len(want) - 1, len(want), 1000} {
				if diff := cmp.Diff(all, j.pages(suffix, limit)); diff != "" {
					t.Errorf("%s: %s in pages of %d (-want +got):\n%s", what, suffix, limit, diff)
				}
			}
		}
	}
	check("living")
	j.Fill(0, 0, 0)
	want = append(want, j.tick(2*time.Second))
	check("finished")
	if got := j.Call(http.MethodPut, "/monitoring/a/stop", ""); got.Status != http.StatusNoContent {
		t.Fatalf("stop: %d %s", got.Status, got.Body)
	}
	check("stopped")

	window := "?since=" + strconv.FormatInt(want[2], 10) + "&until=" + time.UnixMilli(want[5]).UTC().Format(time.RFC3339Nano)
	got := read(t, j.Call(http.MethodGet, "/monitoring/a/samples"+window, ""))
	if diff := cmp.Diff(want[2:5], times(got)); diff != "" {
		t.Errorf("samples in a window of time (-want +got):\n%s", diff)
	}
}

// pages follows the links from page to page.
func (j *job) pages(suffix string, limit int) []monitor.TimedSample {
	j.t.Helper()
	var all []monitor.TimedSample
	path := "/monitoring/a/samples" + suffix + "?limit=" + strconv.Itoa(limit)
	for range 20 {
		got := j.Call(http.MethodGet, path, "", "Accept", "text/csv;q=0.1")
		all = append(all, read(j.t, got)...)
		link := got.Header.Get("Link")
		if suffix == ".json" {
			var page struct{ Next string }
			decode(j.t, got.Body, &page)
			if page.Next != "" && link != "<"+page.Next+`>; rel="next"` {
				j.t.Errorf("Link %q, but next %q", link, page.Next)
			}
		}
		if link == "" {
			return all
		}
		path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	}
	j.t.Fatalf("pages of %d do not end", limit)
	return nil
}

func TestPaths(t *testing.T) {
	t.Parallel()
	j := start(t, stream.Options{})
	j.tick(2 * time.Second)
	const asJSON, asCSV = "application/json", "text/csv; charset=utf-8; header=present"
	tests := map[string]struct {
		path, accept string
		status       int
		contentType  string
	}{
		"by default":                 {"/a/samples", "", 200, asJSON},
		"by Accept":                  {"/a/samples", "text/csv, */*;q=0.1", 200, asCSV},
		"no format fits":             {"/a/samples", "text/html", 406, asJSON},
		"the suffix wins":            {"/a/samples.csv", "application/json", 200, asCSV},
		"the suffix .json wins":      {"/a/samples.json", "text/csv", 200, asJSON},
		"the suffix .ndjson wins":    {"/a/samples.ndjson", "text/html", 200, "application/x-ndjson"},
		"another suffix":             {"/a/samples.xml", "", 404, asJSON},
		"no suffix":                  {"/a/samples.", "", 404, asJSON},
		"a suffix in capitals":       {"/a/samples.CSV", "", 404, asJSON},
		"a longer path":              {"/a/samples/1", "", 404, asJSON},
		"an unknown job":             {"/b/samples.csv", "", 404, asJSON},
		"an invalid id":              {"/A/samples", "", 400, asJSON},
		"a wrong query":              {"/a/samples.csv?limit=0", "", 400, asJSON},
		"a stream of an unknown job": {"/b/events", "", 404, asJSON},
		"a stream of an invalid id":  {"/A/events", "", 400, asJSON},
		"a stream with a wrong id":   {"/a/events?last_event_id=x", "", 400, asJSON},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var header []string
			if tt.accept != "" {
				header = []string{"Accept", tt.accept}
			}
			got := j.Call(http.MethodGet, "/monitoring"+tt.path, "", header...)
			if contentType := got.Header.Get("Content-Type"); got.Status != tt.status || contentType != tt.contentType {
				t.Errorf("answer %d of %q, want %d of %q: %s", got.Status, contentType, tt.status, tt.contentType, got.Body)
			}
			head := j.Call(http.MethodHead, "/monitoring"+tt.path, "", header...)
			if head.Status != tt.status || head.Header.Get("Content-Type") != tt.contentType || head.Body != "" {
				t.Errorf("HEAD: %d of %q, %q, want the same without a body", head.Status, head.Header.Get("Content-Type"), head.Body)
			}
		})
	}
	j.State.Stop()
	for _, path := range []string{"samples", "samples.csv", "events"} {
		if got := j.Call(http.MethodGet, "/monitoring/a/"+path, ""); got.Status != http.StatusServiceUnavailable {
			t.Errorf("%s without the state Redis: %d %s, want 503", path, got.Status, got.Body)
		}
	}
}
