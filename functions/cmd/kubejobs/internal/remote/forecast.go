package remote

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/monitor"
)

// ForecastFlags declares the flags of Forecast that are not those of the filter.
func ForecastFlags(cmd *cobra.Command) { Flags(cmd, documents...) }

// CompleteForecast completes the arguments of forecast.
func (r *Remote) CompleteForecast() cobra.CompletionFunc {
	return r.complete(command{ids: true, formats: documents})
}

// Forecast asks the server when a job will be done under other assumptions.
func (r *Remote) Forecast(cmd *cobra.Command, a *arguments.Arguments) error {
	ids := a.IDs(1, 1)
	assumed := monitor.WhatIf{Replicas: a.Whole("replicas", forecast.MaxFleet, false), Confidence: a.Share("confidence", 0)}
	if text, ok := a.Text("deadline", false); ok {
		budget, notSeconds := arguments.ParseSeconds(text)
		at, notTime := time.Parse(time.RFC3339, text)
		switch {
		case notSeconds == nil:
			assumed.Budget = budget
		case notTime == nil && !at.Before(arguments.FirstMoment) && !at.After(arguments.LastMoment):
			assumed.Deadline = at
		default:
			a.Refuse("--deadline: want RFC 3339, or a time from the submission such as 90s or 30m, got %.40q", text)
		}
	}
	return r.Do(cmd, a, documents, func(ctx context.Context, s *session) error {
		prospect, err := s.client.Forecast(ctx, ids[0], assumed)
		if err != nil {
			return fmt.Errorf("%s: %w", ids[0], err)
		}
		return s.show(prospect, func(out io.Writer) { showProspect(out, prospect) })
	})
}

func showProspect(out io.Writer, p monitor.Prospect) {
	pairs := [][2]string{{"job", string(p.ID)}, {"phase", string(p.Phase)}, {"deadline", moment(&p.Deadline)}}
	if f := p.Forecast; f != nil {
		pairs = append(pairs, [2]string{"replicas", whole(&f.Replicas)}, [2]string{"finish p10", moment(f.P10)}, [2]string{"finish p50", moment(f.P50)},
			[2]string{"finish p90", moment(f.P90)}, [2]string{"P(miss)", percent(f.Miss)},
			[2]string{"needed", fmt.Sprintf("%s for a probability of %g", whole(f.Needed), f.Confidence)}, [2]string{"recommended", whole(&p.Recommended)})
	}
	if p.EndedAt != nil {
		pairs = append(pairs, [2]string{"ended", moment(p.EndedAt)}, [2]string{"reason", p.Reason})
	} else if p.Forecast == nil || !p.Forecast.Enough {
		pairs = append(pairs, [2]string{"forecast", "there is not enough data yet"})
	}
	facts(out, pairs...)
	showCurve(out, p)
}

// showCurve shows the probability of meeting the deadline for numbers of replicas.
func showCurve(out io.Writer, p monitor.Prospect) {
	if len(p.Curve) == 0 {
		return
	}
	rows := [][]string{{"REPLICAS", "P(IN TIME)"}}
	for _, c := range p.Curve {
		rows = append(rows, []string{whole(&c.Replicas), percent(&c.Probability)})
	}
	fmt.Fprintln(out)
	grid(out, []bool{true, true}, rows...)
}
