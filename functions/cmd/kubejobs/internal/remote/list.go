package remote

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Bounds of a list.
const (
	maxList     = 100_000
	defaultList = 1000
)

func (r *Remote) list() *cobra.Command {
	return r.build(command{
		use: "list [TEXT]", short: "List jobs, living and ended ones",
		long: "Lists the jobs whose ids contain a text, or all: the most urgent first. Ended jobs are listed for as long as the\n" +
			"server keeps them. The states are " + strings.Join(monitor.States()[:6], ", ") + ",\n" +
			strings.Join(monitor.States()[6:], ", ") + ".",
		example: `  kubejobs list
  kubejobs list resize --state living --sort deadline
  kubejobs list --state at-risk,stalled --output json
  kubejobs list --state ended --sort ended --output csv >ended.csv`,
		formats: []string{formatTable, formatJSON, formatYAML, formatCSV}, flags: listFlags, read: readList,
	})
}

func listFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("state", "", "only jobs in these `STATES`, with commas in between (default: all)")
	f.String("sort", string(monitor.OrderUrgency), "`ORDER`: "+strings.Join(orders(), ", ")+"; a minus before it reverses it")
	f.String("limit", strconv.Itoa(defaultList), "at most so many jobs, `NUMBER` from 1 to 100000")
	f.String("offset", "0", "leave out the first `NUMBER` of them")
}

func orders() []string {
	var texts []string
	for _, o := range monitor.Orders() {
		texts = append(texts, string(o))
	}
	return texts
}

func readList(a *arguments.Arguments) action {
	v := monitor.View{States: a.Texts("state"), Order: monitor.OrderUrgency, Limit: int(a.Whole("limit", maxList, false))}
	for _, state := range v.States {
		if !slices.Contains(monitor.States(), state) {
			a.Refuse("--state: want %s, got %.40q", strings.Join(monitor.States(), ", "), state)
		}
	}
	if text, ok := a.Text("sort", false); ok {
		order, reverse := strings.CutPrefix(text, "-")
		if v.Order, v.Reverse = monitor.Order(order), reverse; !slices.Contains(monitor.Orders(), v.Order) {
			a.Refuse("--sort: want one of %s, got %.40q", strings.Join(orders(), ", "), text)
		}
	}
	v.Offset = int(a.WholeFrom("offset", 0, 1_000_000, false))
	if v.Limit == 0 {
		v.Limit = defaultList
	}
	if len(a.Rest) > 1 {
		a.Refuse("want at most one text, got %d", len(a.Rest))
	}
	if len(a.Rest) == 1 {
		if v.Text = a.Rest[0]; len(v.Text) > job.MaxID {
			a.Refuse("%.40q: want a part of an id, at most %d characters", v.Text, job.MaxID)
		}
	}
	return func(ctx context.Context, s *session) error { return s.list(ctx, v) }
}

func (s *session) list(ctx context.Context, v monitor.View) error {
	jobs := []monitor.Status{}
	for status, err := range s.client.Select(ctx, v) {
		if err != nil {
			return err
		}
		jobs = append(jobs, status)
	}
	if s.format == formatCSV {
		return listCSV(s.out, jobs)
	}
	return s.show(jobs, func(out io.Writer) {
		listTable(out, jobs)
		if len(jobs) == v.Limit {
			fmt.Fprintf(s.err, "only the first %d jobs are listed: see --limit and --offset\n", v.Limit)
		}
	})
}

func listTable(out io.Writer, jobs []monitor.Status) {
	rows := [][]string{{"JOB", "STATE", "DONE", "ERROR", "DEADLINE", "MARGIN", "P(MISS)", "REPLICAS", "PROBLEM"}}
	for _, s := range jobs {
		done, lead, miss, problem := "-", "-", "-", ""
		if p := s.Progress; p != nil {
			done, lead = fmt.Sprintf("%.1f %%", 100*p.Job), fmt.Sprintf("%+.1f", 100*p.Error)
		}
		if s.Forecast != nil {
			miss = percent(s.Forecast.Miss)
		}
		if len(s.Problems) > 0 {
			problem = s.Problems[0].Text
		}
		rows = append(rows, []string{
			string(s.ID), s.State, done, lead, moment(&s.Deadline), inSeconds(s.Margin), miss, replicas(s), problem,
		})
	}
	grid(out, []bool{2: true, 3: true, 5: true, 6: true, 7: true}, rows...)
}

// listCSV writes a line for each job: times as RFC 3339, shares from 0 to 1, nothing for what
// is not known.
func listCSV(out io.Writer, jobs []monitor.Status) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	lines := [][]string{{
		"id", "state", "phase", "job_progress", "time_progress", "error", "deadline", "expected_finish", "margin_seconds",
		"miss_probability", "replicas", "replicas_asked", "urgency", "problem", "ended_at",
	}}
	for _, s := range jobs {
		var progress [3]string
		if p := s.Progress; p != nil {
			progress = [3]string{sample.FormatNumber(p.Job), sample.FormatNumber(p.Time), sample.FormatNumber(p.Error)}
		}
		var miss, working, asked, problem string
		if f := s.Forecast; f != nil {
			miss = number(f.Miss)
			if f.Asked != nil {
				asked = strconv.FormatInt(*f.Asked, 10)
			}
		}
		if s.Last != nil {
			working = strconv.FormatInt(s.Last.Replicas, 10)
		}
		if len(s.Problems) > 0 {
			problem = s.Problems[0].Text
		}
		lines = append(lines, []string{
			string(s.ID), s.State, string(s.Phase), progress[0], progress[1], progress[2], instant(&s.Deadline), instant(s.Finish),
			number(s.Margin), miss, working, asked, sample.FormatNumber(s.Urgency), problem, instant(s.EndedAt),
		})
	}
	return w.WriteAll(lines)
}

// number writes a number for a program, "" for none.
func number(x *float64) string {
	if x == nil {
		return ""
	}
	return sample.FormatNumber(*x)
}

// instant writes a time for a program, "" for none.
func instant(at *time.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
