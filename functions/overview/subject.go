package overview

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Bounds of what one stream follows.
const (
	maxViews = 4
	maxJobs  = 20
)

// subjects is what a stream follows.
type subjects struct {
	views []*view
	jobs  []*followed
}

// view is a view that is followed.
type view struct {
	text string // as the client wrote it
	view monitor.View
	sent string // what was sent last
}

// followed is a job that is followed.
type followed struct {
	id   job.ID
	seen *monitor.Seen // nil: the last sample is enough
	sent string        // the status that was sent last
	gone bool
}

// parseSubjects reads ?view=QUERY&view=…&job=ID&job=ID@MILLIS. Without any there is one
// view with the defaults.
func parseSubjects(raw string) (subjects, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return subjects{}, failure.InvalidField("query", "want name=value, joined by &")
	}
	var wrong failure.Fields
	for name := range values {
		if name != "view" && name != "job" {
			wrong.Add("query", "there are no other parameters than view and job")
			break
		}
	}
	var s subjects
	s.parseViews(values["view"], &wrong)
	s.parseJobs(values["job"], &wrong)
	if len(s.views)+len(s.jobs) == 0 {
		s.parseViews([]string{""}, &wrong)
	}
	return s, wrong.Err()
}

func (s *subjects) parseViews(texts []string, wrong *failure.Fields) {
	if len(texts) > maxViews {
		wrong.Add("view", "want at most %d", maxViews)
		return
	}
	for _, text := range texts {
		parsed, err := parseView(text)
		if err != nil {
			wrong.Add("view", "want a query of /overview, escaped: %v", err)
			return
		}
		if !slices.ContainsFunc(s.views, func(v *view) bool { return v.text == text }) {
			s.views = append(s.views, &view{text: text, view: parsed})
		}
	}
}

func (s *subjects) parseJobs(texts []string, wrong *failure.Fields) {
	if len(texts) > maxJobs {
		wrong.Add("job", "want at most %d", maxJobs)
		return
	}
	for _, text := range texts {
		name, after, resumes := strings.Cut(text, "@")
		id, err := job.ParseID(name)
		f := &followed{id: id}
		if resumes {
			millis, numberErr := strconv.ParseInt(after, 10, 64)
			if numberErr != nil || millis < 0 {
				wrong.Add("job", "want ID or ID@MILLIS, the Unix milliseconds of the newest sample that is known")
				return
			}
			f.seen = &monitor.Seen{At: millis}
		}
		if err != nil {
			wrong.Add("job", "want ID or ID@MILLIS, got %.80q", text)
			return
		}
		if !slices.ContainsFunc(s.jobs, func(x *followed) bool { return x.id == id }) {
			s.jobs = append(s.jobs, f)
		}
	}
}
