package remote

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

func (r *Remote) samples() *cobra.Command {
	return r.build(command{
		use: "samples ID", short: "Show the samples of a job",
		long: "Shows the samples that are kept of a job, oldest first: at most 900 evenly spaced ones, and the highest, lowest and\n" +
			"latest. csv and ndjson are written as they come; the filters read ndjson.",
		example: `  kubejobs samples demo
  kubejobs samples demo --since 2026-11-24T05:41:07Z --limit 100 --output csv
  kubejobs samples demo --output ndjson | kubejobs forecast --items 300 --deadline 2026-11-24T05:41:47Z`,
		ids: true, formats: []string{formatTable, formatJSON, formatYAML, formatCSV, formatNDJSON},
		flags: func(cmd *cobra.Command) {
			f := cmd.Flags()
			f.String("since", "", "only samples from that `TIME` on: RFC 3339 or Unix milliseconds")
			f.String("until", "", "only samples before that `TIME`")
			f.String("limit", "", "only the first `NUMBER` of them, 1 to 100000")
		},
		read: func(a *arguments.Arguments) action {
			ids := a.IDs(1, 1)
			in := monitor.SampleRange{
				Since: a.Moment("since", false), Until: a.Moment("until", false), Limit: int(a.Whole("limit", maxList, false)),
			}
			if !in.Until.IsZero() && !in.Until.After(in.Since) {
				a.Refuse("--until: want a time after --since")
			}
			return func(ctx context.Context, s *session) error { return s.samples(ctx, ids[0], in) }
		},
	})
}

func (s *session) samples(ctx context.Context, id job.ID, in monitor.SampleRange) error {
	write, end := s.sampleWriter()
	for x, err := range s.client.Samples(ctx, id, in) {
		if err == nil {
			err = write(x)
		} else {
			err = fmt.Errorf("%s: %w", id, err)
		}
		if err != nil {
			return err
		}
	}
	return end()
}

// sampleWriter returns what writes a sample, and what ends the output.
func (s *session) sampleWriter() (write func(monitor.TimedSample) error, end func() error) {
	switch s.format {
	case formatCSV:
		return sampleCSV(s.out)
	case formatNDJSON:
		encoder := json.NewEncoder(s.out)
		return func(x monitor.TimedSample) error { return encoder.Encode(x) }, func() error { return nil }
	}
	all := []monitor.TimedSample{}
	return func(x monitor.TimedSample) error {
			all = append(all, x)
			return nil
		}, func() error {
			return s.show(all, func(out io.Writer) { sampleTable(out, all) })
		}
}

// csvTime is the format of times in CSV, as the server writes them.
const csvTime = "2006-01-02T15:04:05.000Z07:00"

// sampleCSV writes what the server writes as CSV.
func sampleCSV(out io.Writer) (write func(monitor.TimedSample) error, end func() error) {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	header := false
	head := func() error {
		if header {
			return nil
		}
		header = true
		return w.Write([]string{"timestamp", "at", "job_progress", "time_progress", "error", "replicas", "parallelism", "lateness"})
	}
	return func(x monitor.TimedSample) error {
			if err := head(); err != nil {
				return err
			}
			return w.Write([]string{
				strconv.FormatInt(x.Timestamp, 10), x.At.Format(csvTime),
				sample.FormatNumber(x.Job), sample.FormatNumber(x.Time), sample.FormatNumber(x.Error), strconv.FormatInt(x.Replicas, 10),
				strconv.FormatInt(x.Asked, 10), sample.FormatNumber(x.Lateness),
			})
		}, func() error {
			if err := head(); err != nil {
				return err
			}
			w.Flush()
			return w.Error()
		}
}

func sampleTable(out io.Writer, all []monitor.TimedSample) {
	rows := [][]string{{"AT", "DONE", "TIME", "ERROR", "REPLICAS", "ASKED", "LATE"}}
	for _, x := range all {
		asked := "-"
		if x.Asked > 0 {
			asked = strconv.FormatInt(x.Asked, 10)
		}
		rows = append(rows, []string{
			x.At.Local().Format("2006-01-02 15:04:05.000"), fmt.Sprintf("%.1f %%", 100*x.Job), fmt.Sprintf("%.1f %%", 100*x.Time),
			fmt.Sprintf("%+.1f", 100*x.Error), strconv.FormatInt(x.Replicas, 10), asked, (time.Duration(x.Lateness*1000) * time.Millisecond).String(),
		})
	}
	grid(out, []bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true}, rows...)
}
