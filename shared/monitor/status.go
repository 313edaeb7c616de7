package monitor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
)

// Status is the current status of one job. Times are RFC 3339 in UTC, durations in
// seconds.
type Status struct {
	ID     job.ID    `json:"id"`
	Phase  job.Phase `json:"phase"`
	Reason string    `json:"reason,omitempty"`
	// State is the health of a job that runs unless it is well, else the phase.
	State     string    `json:"state"`
	Scheduled bool      `json:"scheduled"`
	Items     int64     `json:"number_of_jobs"`
	Budget    float64   `json:"expected_time"`
	Submitted time.Time `json:"submission_time"`
	Deadline  time.Time `json:"deadline"`
	Period    float64   `json:"collect_period"`
	Cron      string    `json:"schedule"`
	Queue     string    `json:"queue"` // host:port
	Database  int       `json:"queue_database"`
	Lists     job.Lists `json:"queue_lists"`
	// The names of the Secrets for the job's Redis and its InfluxDB.
	Secret         string `json:"redis_secret,omitempty"`
	DatabaseSecret string `json:"database_secret,omitempty"`
	Strategy       string `json:"scaling_strategy"`

	Sharing // of a living job; a list of jobs does not have it

	Progress *progress.Progress `json:"progress"`    // null before the first sample
	Last     *SampleStatus      `json:"last_sample"` // null before the first sample
	Samples  int64              `json:"samples"`

	Health forecast.Status `json:"health"`          // ok, at-risk or stalled
	Rate   float64         `json:"rate"`            // items a second over the run
	Finish *time.Time      `json:"expected_finish"` // null while unknown
	// Forecast is null before the first sample and for an ended job.
	Forecast *job.Forecast `json:"forecast"`
	// Margin is from the finish to the deadline, negative if the job is late: of a living
	// job from the median of its forecast, else from its end; null while unknown.
	Margin *float64 `json:"margin_seconds"`

	// Urgency is higher the sooner somebody should look at the job: from 0 to 7, below 0
	// for an ended one. Problems says what is wrong, the worst first.
	Urgency  float64   `json:"urgency"`
	Problems []Problem `json:"problems"`
	// Events is what happened in this life, oldest first; a list of jobs does not have it.
	Events []job.Entry `json:"events,omitempty"`

	Control *ControlStatus `json:"control,omitempty"` // absent if nothing scales the job

	// Warnings say why the figures may not mean what they seem to.
	Warnings []string `json:"warnings,omitempty"`

	// Unobserved holds the halves of the last observation that are missing.
	Unobserved *Unobserved `json:"unobserved,omitempty"`

	Failures  int                 `json:"failures"` // consecutive
	LastError string              `json:"last_error,omitempty"`
	Ticks     *accounting.Account `json:"ticks,omitempty"` // not in an overview
	NextTick  *time.Time          `json:"next_tick"`       // null for an ended job, and in an overview
	EndedAt   *time.Time          `json:"ended_at,omitempty"`

	// Publishers holds the state of each publisher that has failed for this job.
	// Unsent is how many events no receiver has acknowledged yet.
	Publishers map[string]PublisherState `json:"publishers,omitempty"`
	Unsent     int                       `json:"unsent_events,omitempty"`

	*job.Verdict // of a job that finished or failed

	Report *job.Report `json:"report,omitempty"` // of an ended job
}

// Unobserved says which half of a job's observation is missing, since when and
// why. A half that was read is nil.
type Unobserved struct {
	Queue *MissingHalf `json:"queue,omitempty"`
	Kube  *MissingHalf `json:"job_status,omitempty"`
}

// MissingHalf is a half of an observation that could not be read.
type MissingHalf struct {
	Since time.Time `json:"since"`
	Error string    `json:"error"`
}

func newUnobserved(state job.State) *Unobserved {
	half := func(g *job.Gap) *MissingHalf {
		if g == nil {
			return nil
		}
		return &MissingHalf{Since: time.UnixMilli(g.Since).UTC(), Error: g.Error}
	}
	if state.QueueGap == nil && state.KubeGap == nil {
		return nil
	}
	return &Unobserved{Queue: half(state.QueueGap), Kube: half(state.KubeGap)}
}

// health returns the health to show: a job that is suspended or cannot be
// observed is neither well nor stalled.
func health(state job.State) forecast.Status {
	switch {
	case !state.Phase.Living():
		return state.Health.Now()
	case state.QueueGap != nil:
		return forecast.StatusUnobserved
	case state.Suspended:
		return forecast.StatusSuspended
	default:
		return state.Health.Now()
	}
}

// SampleStatus is the last sample.
type SampleStatus struct {
	At        time.Time `json:"at"`
	Timestamp int64     `json:"timestamp"` // Unix milliseconds
	Replicas  int64     `json:"replicas"`
}

// listPage is the maximum number of jobs in a page of a list.
const listPage = 100

// Status returns the status of a job, living or ended. The error for an unknown
// id is ErrUnknownJob.
func (s *Service) Status(ctx context.Context, id job.ID) (Status, error) {
	if !sees(ctx, id) {
		return Status{}, ErrUnknownJob
	}
	record, err := s.ticks.Load(ctx, id, "")
	if err != nil {
		return Status{}, err
	}
	status := newStatus(*record, s.now())
	if status.Events, err = s.boards.Journal(ctx, id); err != nil {
		return Status{}, err
	}
	if record.State.Phase.Living() {
		status.Sharing = s.sharing(ctx, record.Spec)
		if others := status.Others(); others != "" {
			warning := "a list of the queue is also used by the living " + others
			status.Warnings = append(status.Warnings, warning)
			status.Problems = append(status.Problems, Problem{Text: warning})
		}
	}
	return status, nil
}

// List returns a page of the living jobs in the order of their ids, and the
// cursor of the next page, "" at the end. after is the cursor of the page
// before, "" for the first page. A limit outside 1 to 100 counts as 100.
func (s *Service) List(ctx context.Context, after job.ID, limit int) ([]Status, job.ID, error) {
	if limit < 1 || limit > listPage {
		limit = listPage
	}
	if c, ok := CallerOf(ctx); ok && len(c.Prefixes) > 0 {
		return s.listOf(ctx, c, after, limit)
	}
	return s.listAll(ctx, after, limit)
}

func (s *Service) listAll(ctx context.Context, after job.ID, limit int) ([]Status, job.ID, error) {
	page, err := s.jobs.List(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	s.logUnreadable(ctx, page)
	statuses := make([]Status, 0, len(page.Records)+len(page.Unreadable))
	for _, record := range page.Records {
		if record.State.Phase.Living() { // otherwise it only has undelivered events
			statuses = append(statuses, newStatus(record, s.now()))
		}
	}
	for _, u := range page.Unreadable {
		statuses = append(statuses, newUnreadable(u.ID))
	}
	slices.SortFunc(statuses, func(a, b Status) int { return cmp.Compare(ListOrder(a.ID), ListOrder(b.ID)) })
	return statuses, page.Next, nil
}

// PhaseUnreadable is what a list shows for a job whose record cannot be read.
const PhaseUnreadable job.Phase = "unreadable"

// logUnreadable logs the jobs of a page whose records cannot be read.
func (s *Service) logUnreadable(ctx context.Context, page Page) {
	for _, u := range page.Unreadable {
		s.log.ErrorContext(ctx, "a job cannot be read", "job", u.ID, "error", u.Err)
	}
}

func newStatus(r Record, now time.Time) Status {
	schedule := r.Spec.Schedule()
	status := Status{
		ID: r.Spec.ID, Phase: r.State.Phase, Reason: r.State.Reason,
		Scheduled: r.Scheduled && r.State.Phase.Living(),
		Items:     r.Spec.Items, Budget: r.Spec.Budget.Seconds(),
		Submitted: r.Spec.Submitted, Deadline: r.Spec.Deadline(),
		Period: schedule.Every.Seconds(), Cron: schedule.Cron,
		Queue: r.Spec.Queue.Address.String(), Database: r.Spec.Queue.Database, Lists: r.Spec.Queue.Lists.Named(),
		Secret: r.Spec.Queue.Secret, DatabaseSecret: r.Spec.DatabaseSecret(),
		Strategy: r.Spec.Strategy,
		Health:   health(r.State), Unobserved: newUnobserved(r.State),
		Samples: r.State.Summary.Count, Failures: r.State.Failures, LastError: r.State.LastError,
		Publishers: r.Publishers, Unsent: len(r.State.Outbox),
		Warnings: job.Warnings(r.Spec, r.State), Control: newControlStatus(r.Spec, r.State),
	}
	if r.State.Phase.Living() {
		next := schedule.Next(now)
		status.NextTick = &next
	} else {
		now = time.UnixMilli(r.State.EndedAt).UTC()
		report := job.NewReport(r.Spec, r.State)
		status.EndedAt, status.Report, status.Verdict = &now, &report, job.NewVerdict(r.Spec, r.State)
	}
	ticks := r.State.Ticks.At(schedule, now)
	ticks.Duplicate, ticks.Surplus = r.Duplicate, r.Surplus
	status.Ticks = &ticks
	if last := r.State.Summary.Last; last != nil {
		status.Progress = &progress.Progress{Job: last.Job, Time: last.Time, Error: last.Error}
		status.Last = &SampleStatus{At: last.Moment(), Timestamp: last.At, Replicas: last.Replicas}
	}
	status.withForecast(r, now)
	status.Margin = status.margin()
	status.State, status.Urgency = status.state(), status.urgency()
	status.Problems = status.problems(r.State, now)
	return status
}

// newUnreadable returns the status of a job whose record cannot be read.
func newUnreadable(id job.ID) Status {
	s := Status{ID: id, Phase: PhaseUnreadable, LastError: ErrUnreadable.Message}
	s.State, s.Urgency = s.state(), s.urgency()
	s.Problems = []Problem{{Text: ErrUnreadable.Message}}
	return s
}

// margin returns the seconds from the finish to the deadline; nil while unknown.
func (s Status) margin() *float64 {
	switch {
	case s.Verdict != nil:
		return &s.Spare
	case !s.Phase.Living() || s.Finish == nil:
		return nil
	}
	margin := s.Deadline.Sub(*s.Finish).Seconds()
	return &margin
}

// withForecast shows when the job will be done; of an ended job only if it was done.
func (s *Status) withForecast(r Record, now time.Time) {
	s.Rate = r.State.Course.MeanRate()
	f := job.NewForecast(r.State, r.State.Outlook(r.Spec), now)
	switch {
	case f == nil:
	case r.State.Phase.Living():
		s.Forecast, s.Finish = f, f.P50
	case r.State.Summary.CompletedAt != 0:
		s.Finish = f.P50
	}
}
