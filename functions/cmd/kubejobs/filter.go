package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// maxLine bounds a line of a filter's input, in bytes.
const maxLine = 64 << 10

// shareSlack is how far over 1 a share may be that was computed as a sum.
const shareSlack = 1e-9

// answerer answers a line: a point, and the course of the job up to and with it. A point
// whose time does not rise is not in the course.
type answerer func(p forecast.Point, course forecast.Course) any

// runFilter answers each line of the input before it reads the next one. It ends with the
// input, at the first wrong line, or when ctx does.
func runFilter(cmd *cobra.Command, files []string, items int64, answer answerer) error {
	in := cmd.InOrStdin()
	if len(files) > 0 && files[0] != "-" {
		file, err := os.Open(files[0])
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	ended := make(chan error, 1)
	go func() {
		ended <- failure.Catch(func() error { return filter(cmd.Context(), in, cmd.OutOrStdout(), items, answer) })
	}()
	select {
	case err := <-ended:
		return err
	case <-cmd.Context().Done(): // a read of standard input cannot be cut short
		return errInterrupted
	}
}

// errInterrupted means that a filter has not read its input to the end.
var errInterrupted = errors.New("interrupted")

// filter is the loop of runFilter.
func filter(ctx context.Context, in io.Reader, out io.Writer, items int64, answer answerer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	var course forecast.Course
	number := 0
	for ctx.Err() == nil && lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		point, err := parsePoint(line, items)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		items = point.Items
		course = course.Fold(point)
		text, err := json.Marshal(answer(point, course))
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if _, err := out.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d: longer than %d bytes", number+1, maxLine)
	}
	return lines.Err()
}

// line is what a filter reads of a line: a sample as samples.ndjson has it, the replicas
// asked for, and the number of items if it has changed.
type line struct {
	Timestamp   *float64   `json:"timestamp"` // Unix milliseconds
	At          *time.Time `json:"at"`
	Job         *float64   `json:"job_progress"`
	Replicas    *float64   `json:"replicas"`
	Parallelism *float64   `json:"parallelism"`
	Items       *float64   `json:"items"`
}

// parsePoint reads a line of the course of a job with so many items, unless the line says
// another number.
func parsePoint(text []byte, items int64) (forecast.Point, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return forecast.Point{}, fmt.Errorf("want a sample as a JSON object, got %.80q: %w", text, err)
	}
	var wrong []error
	whole := func(name string, value *float64, least, most, other int64) int64 {
		if value == nil {
			return other
		}
		if *value != math.Trunc(*value) || *value < float64(least) || *value > float64(most) {
			wrong = append(wrong, fmt.Errorf("%s: want a whole number from %d to %d, got %v", name, least, most, *value))
			return other
		}
		return int64(*value)
	}
	at := whole("timestamp", l.Timestamp, 0, arguments.LastMoment.UnixMilli(), 0)
	switch {
	case l.Timestamp != nil:
	case l.At == nil:
		wrong = append(wrong, errors.New("timestamp or at: required"))
	case l.At.Before(arguments.FirstMoment) || l.At.After(arguments.LastMoment):
		wrong = append(wrong, errors.New("at: want a time from 1970 to 9999"))
	default:
		at = l.At.UnixMilli()
	}
	x := sample.Sample{At: at}
	switch {
	case l.Job == nil:
		wrong = append(wrong, errors.New("job_progress: required"))
	case !(*l.Job >= 0 && *l.Job <= 1+shareSlack):
		wrong = append(wrong, fmt.Errorf("job_progress: want a number from 0 to 1, got %v", *l.Job))
	default:
		x.Job = min(*l.Job, 1)
	}
	if l.Replicas == nil {
		wrong = append(wrong, errors.New("replicas: required"))
	}
	items = whole("items", l.Items, 1, arguments.MaxItems, items)
	working := whole("replicas", l.Replicas, 0, maxReplicas, 0)
	asked := whole("parallelism", l.Parallelism, 0, maxReplicas, 0)
	return forecast.NewPoint(x, items, working, asked, false), arguments.InOneLine(wrong)
}

// maxReplicas bounds the replicas of a line: Kubernetes counts with 32 bits.
const maxReplicas = math.MaxInt32
