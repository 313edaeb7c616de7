package contract_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// prospect is the answer of the forecast.
type prospect struct {
	ID          string    `json:"id"`
	Phase       string    `json:"phase"`
	Reason      string    `json:"reason"`
	Deadline    time.Time `json:"deadline"`
	Recommended int64     `json:"recommended_replicas"`
	Met         *bool     `json:"deadline_met"`
	Forecast    *struct {
		Enough     bool       `json:"enough_data"`
		P10        *time.Time `json:"finish_p10"`
		P50        *time.Time `json:"finish_p50"`
		P90        *time.Time `json:"finish_p90"`
		Miss       *float64   `json:"miss_probability"`
		Replicas   int64      `json:"replicas"`
		Needed     *int64     `json:"replicas_needed"`
		Best       *float64   `json:"best_probability"`
		Confidence float64    `json:"confidence"`
	} `json:"forecast"`
	Curve []struct {
		Replicas    int64   `json:"replicas"`
		Probability float64 `json:"probability"`
	} `json:"curve"`
}

// prospect asks for the forecast of a job.
func (w *world) prospect(t *testing.T, id, query string) prospect {
	t.Helper()
	got := w.call(t, http.MethodGet, "/monitoring/"+id+"/forecast"+query, "")
	var p prospect
	if err := json.Unmarshal(got.body, &p); err != nil || got.status != http.StatusOK {
		t.Fatalf("forecast of %s%s: status %d, %v: %s", id, query, got.status, err, got.body)
	}
	return p
}

// even returns a timeline of a job of 200 items of which 4 workers complete two in each
// two seconds, so many times.
func even(ticks int) []moment {
	timeline := make([]moment, ticks)
	for i := range timeline {
		timeline[i] = moment{time.Duration(2*i) * time.Second, 196 - 2*i, 4, 2 * i}
	}
	return timeline
}

// The forecast answers for other replicas, deadlines and confidences, and changes
// nothing.
func TestWhatIf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{"what-if", 200, 100 * time.Second, noon}
	w.start(t, j, even(1)[0])

	before := w.prospect(t, j.id, "")
	if before.Forecast != nil || len(before.Curve) != 0 || before.Phase != "pending" && before.Phase != "running" {
		t.Errorf("before the first sample %+v", before)
	}
	w.play(t, j, even(2))
	if early := w.prospect(t, j.id, "?replicas=9"); early.Forecast == nil || early.Forecast.Enough || early.Forecast.Miss != nil ||
		len(early.Curve) != 0 || early.Recommended != 9 {
		t.Errorf("without enough data %+v", early)
	}
	w.play(t, j, even(40)[2:]) // to 78 s: 122 items are left, of 4 s each
	stored := w.call(t, http.MethodGet, "/monitoring/"+j.id, "").body

	now := w.prospect(t, j.id, "")
	f := now.Forecast
	if f == nil || !f.Enough || f.Replicas != 4 || f.Confidence != .9 || !now.Deadline.Equal(noon.Add(j.budget)) {
		t.Fatalf("forecast %+v of %+v", f, now)
	}
	if *f.Miss < .9 || f.P10.Before(noon.Add(78*time.Second)) || f.P50.Before(*f.P10) || f.P90.Before(*f.P50) {
		t.Errorf("122 items in 22 s with 4 workers: %+v", f)
	}
	if c := now.Curve; len(c) > 64 || len(c) < 2 || c[0].Replicas != 1 || c[len(c)-1].Replicas != 122 {
		t.Errorf("curve %+v", c)
	}
	for i := 1; i < len(now.Curve); i++ {
		if a, b := now.Curve[i-1], now.Curve[i]; b.Replicas <= a.Replicas || b.Probability < a.Probability-.05 || b.Probability > 1 {
			t.Errorf("after %+v the curve has %+v", a, b)
		}
	}
	if more := w.prospect(t, j.id, "?replicas=100"); *more.Forecast.Miss >= *f.Miss || !more.Forecast.P50.Before(*f.P50) || more.Forecast.Replicas != 100 {
		t.Errorf("with 100 replicas %+v", more.Forecast)
	}
	for _, query := range []string{"?deadline=1000", "?deadline=" + noon.Add(1000*time.Second).Format(time.RFC3339), "?deadline=2026-11-24T13:16:40%2B01:00"} {
		later := w.prospect(t, j.id, query)
		if !later.Deadline.Equal(noon.Add(1000*time.Second)) || *later.Forecast.Miss > .01 || !later.Forecast.P50.Equal(*f.P50) || later.Recommended > 4 {
			t.Errorf("%s: %+v of %+v", query, later.Forecast, later)
		}
	}
	if never := w.prospect(t, j.id, "?deadline=79"); never.Forecast.Needed != nil || *never.Forecast.Best > .5 || never.Recommended < 1 {
		t.Errorf("122 items in a second: %+v of %+v", never.Forecast, never)
	}
	sure, unsure := w.prospect(t, j.id, "?deadline=200&confidence=.99"), w.prospect(t, j.id, "?deadline=200&confidence=.2")
	if *sure.Forecast.Needed <= *unsure.Forecast.Needed || sure.Forecast.Confidence != .99 || sure.Recommended != *sure.Forecast.Needed {
		t.Errorf("with the confidence .99 %+v, with .2 %+v", sure.Forecast, unsure.Forecast)
	}
	if diff := cmp.Diff(string(stored), string(w.call(t, http.MethodGet, "/monitoring/"+j.id, "").body)); diff != "" {
		t.Errorf("the questions changed the job (-before +after):\n%s", diff)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "http://"+w.addr+"/monitoring/"+j.id+"/forecast?replicas=3", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	head, err := http.DefaultClient.Do(request)
	if err != nil || head.StatusCode != http.StatusOK {
		t.Fatalf("HEAD: %+v, %v", head, err)
	}
	_ = head.Body.Close()
}

// A job that has ended has no forecast: the answer says how it ended.
func TestWhatIfOfAnEndedJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{"ended", 6, time.Minute, noon}
	w.start(t, j, moment{0, 4, 2, 0})
	w.play(t, j, []moment{{2 * time.Second, 2, 2, 2}, {4 * time.Second, 0, 0, 6}})
	got := w.prospect(t, j.id, "?replicas=3")
	if got.Phase != "finished" || got.Reason != "the queue is empty" || got.Forecast != nil || len(got.Curve) != 0 || got.Met == nil || !*got.Met || got.Recommended != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIfIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tests := map[string]struct {
		target string
		status int
		want   []string
	}{
		"an unknown job":  {"/monitoring/none/forecast", http.StatusNotFound, nil},
		"an invalid id":   {"/monitoring/None/forecast", http.StatusBadRequest, []string{"id: "}},
		"everything else": {"/monitoring/none/forecast?replicas=0&deadline=x&confidence=2&x=1", http.StatusBadRequest, []string{"replicas: ", "deadline: ", "confidence: ", `"x": `}},
		"with .json":      {"/monitoring/none/forecast.json?replicas=0", http.StatusBadRequest, []string{"replicas: "}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.call(t, http.MethodGet, tt.target, "")
			if err := got.checkRefusal(tt.status); err != nil {
				t.Error(err)
			}
			for _, want := range tt.want {
				if text, _ := json.Marshal(want); !strings.Contains(string(got.body), strings.Trim(string(text), `"`)) {
					t.Errorf("%s lacks %q", got.body, want)
				}
			}
		})
	}
}
