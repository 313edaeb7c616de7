package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"slices"
	"strconv"

	"github.com/tmaxmax/go-sse"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// UpdateKind says what an Update is.
type UpdateKind string

const (
	// UpdateOverview is a whole page of a view: Overview and View.
	UpdateOverview UpdateKind = "overview"
	// UpdateJob is the status of a job: ID and Status.
	UpdateJob UpdateKind = "job"
	// UpdateSamples is samples of a job that are new: ID and Samples.
	UpdateSamples UpdateKind = "samples"
	// UpdateGone is a job that the server does not know: ID.
	UpdateGone UpdateKind = "gone"
	// UpdateTrouble is a server that cannot read its store: Err. What it sent before may
	// be old until UpdateRecovered.
	UpdateTrouble UpdateKind = "trouble"
	// UpdateRecovered ends the trouble.
	UpdateRecovered UpdateKind = "recovered"
	// UpdateLost is a server that does not answer: Err says why. Watch tries again.
	UpdateLost UpdateKind = "lost"
	// UpdateBack is a server that answers again.
	UpdateBack UpdateKind = "back"
)

// Update is what Watch returns.
type Update struct {
	Kind     UpdateKind
	View     int // index in Watched.Views
	Overview *monitor.Overview
	ID       job.ID
	Status   *monitor.Status
	Samples  []monitor.TimedSample
	Err      error
}

// WatchedJob is a job to watch.
type WatchedJob struct {
	ID job.ID
	// Since is the time of the newest sample that is known, in Unix milliseconds: newer
	// ones come. Nil: the latest one is enough; 0: all that are kept.
	Since *int64
}

// Watched says what to watch: at most 4 views and 20 jobs. The zero value is one view, of
// all jobs, the most urgent first, 25 of them.
type Watched struct {
	Views []monitor.View
	Jobs  []WatchedJob
}

// Watch follows views and jobs with one stream, whatever their number. Each view comes at
// once, and whole again whenever a row of it has changed; so does the status of each job. Watch
// resumes by itself, says when the server is lost and when it is back, and ends when ctx
// does. It ends after an error: of kind ErrInvalid, ErrOld if the server has no such stream,
// ErrUnavailable if it was lost for longer than Options.Patience, or that of ctx.
func (c *Client) Watch(ctx context.Context, what Watched) iter.Seq2[Update, error] {
	return func(yield func(Update, error) bool) {
		w := newWatching(what)
		stopped := false
		tell := func(u Update) bool {
			stopped = !yield(u, nil)
			return !stopped
		}
		s := stream{client: c}
		s.next = func() (call, string) {
			what := get("overview", "events")
			what.query = w.query()
			return what, ""
		}
		s.event = func(m sse.Event) bool {
			u, ok := w.decode(m)
			return !ok || tell(u)
		}
		s.lost = func(err error) bool { return tell(Update{Kind: UpdateLost, Err: err}) }
		s.back = func() bool { return tell(Update{Kind: UpdateBack}) }
		if err := s.run(ctx); err != nil && !stopped {
			yield(Update{}, c.explainOld(ctx, err))
		}
	}
}

// watching is what is watched, and up to which sample.
type watching struct {
	views []string
	jobs  []WatchedJob
}

func newWatching(what Watched) *watching {
	w := &watching{}
	for _, v := range what.Views {
		w.views = append(w.views, viewQuery(v).Encode())
	}
	if len(what.Views)+len(what.Jobs) == 0 {
		w.views = []string{""}
	}
	w.jobs = append(w.jobs, what.Jobs...)
	return w
}

func (w *watching) query() url.Values {
	query := url.Values{"view": w.views}
	for _, j := range w.jobs {
		text := string(j.ID)
		if j.Since != nil {
			text += "@" + strconv.FormatInt(*j.Since, 10)
		}
		query.Add("job", text)
	}
	return query
}

// decode reads a message; false if it is none that is known, of a later server.
func (w *watching) decode(m sse.Event) (Update, bool) {
	u := Update{Kind: UpdateKind(m.Type)}
	switch u.Kind {
	case UpdateOverview:
		var told struct {
			View string `json:"view"`
			monitor.Overview
		}
		ok := json.Unmarshal([]byte(m.Data), &told) == nil
		u.View, u.Overview = slices.Index(w.views, told.View), &told.Overview
		return u, ok && u.View >= 0 && !slices.Contains(told.Jobs, nil)
	case UpdateJob:
		ok := json.Unmarshal([]byte(m.Data), &u.Status) == nil && u.Status != nil
		if ok {
			u.ID = u.Status.ID
		}
		return u, ok
	case UpdateSamples, UpdateGone:
		var told struct {
			ID      job.ID                `json:"id"`
			Samples []monitor.TimedSample `json:"samples"`
		}
		ok := json.Unmarshal([]byte(m.Data), &told) == nil
		u.ID, u.Samples = told.ID, told.Samples
		w.saw(told.ID, told.Samples)
		return u, ok
	case UpdateTrouble:
		var told struct {
			Text string `json:"text"`
		}
		ok := json.Unmarshal([]byte(m.Data), &told) == nil
		u.Err = &Error{Kind: ErrUnavailable, Message: printable(told.Text)}
		return u, ok
	case UpdateRecovered:
		return u, true
	case UpdateLost, UpdateBack: // from no server
		return u, false
	default:
		return u, false
	}
}

// saw notes the newest sample of a job: the next connection goes on after it. The samples
// of a later life are newer.
func (w *watching) saw(id job.ID, samples []monitor.TimedSample) {
	for i := range w.jobs {
		if w.jobs[i].ID == id && len(samples) > 0 {
			newest := samples[len(samples)-1].Timestamp
			w.jobs[i].Since = &newest
		}
	}
}
