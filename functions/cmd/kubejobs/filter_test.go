package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// dialogue runs a command whose input and output the test holds.
type dialogue struct {
	t      *testing.T
	in     *io.PipeWriter
	out    *bufio.Reader
	result chan error
}

func talk(t *testing.T, args ...string) *dialogue {
	t.Helper()
	inRead, in := io.Pipe()
	out, outWrite := io.Pipe()
	d := &dialogue{t: t, in: in, out: bufio.NewReader(out), result: make(chan error, 1)}
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(inRead)
	root.SetOut(outWrite)
	go func() {
		err := root.ExecuteContext(t.Context())
		_ = outWrite.Close()
		d.result <- err
	}()
	t.Cleanup(func() { _, _ = in.Close(), out.Close() })
	return d
}

// say writes a line and returns the answer to it.
func (d *dialogue) say(line string) map[string]any {
	d.t.Helper()
	if _, err := io.WriteString(d.in, line+"\n"); err != nil {
		d.t.Fatal(err)
	}
	text, err := d.out.ReadString('\n')
	if err != nil {
		d.t.Fatalf("no answer to %s: %v", line, err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		d.t.Fatalf("%q: %v", text, err)
	}
	return answer
}

// end ends the input, and returns what is written after that and the result.
func (d *dialogue) end() (string, error) {
	d.t.Helper()
	_ = d.in.Close()
	rest, err := io.ReadAll(d.out)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(rest), <-d.result
}

// course returns the lines of a job of 100 items of which 4 replicas complete two in each
// two seconds, from the time 1000 s on.
func course(lines int) []string {
	all := make([]string, lines)
	for i := range all {
		all[i] = fmt.Sprintf(`{"timestamp":%d,"at":"1970-01-01T00:16:40Z","job_progress":%v,"time_progress":0.1,"error":0,"replicas":4}`,
			1_000_000+2000*i, .02*float64(i))
	}
	return all
}

// Each line is answered before the next one is written. The quantiles rise and are not
// in the past, the probability agrees with them, and the end is silent.
func TestForecastInLockStep(t *testing.T) {
	t.Parallel()
	d := talk(t, "forecast", "--items", "100", "--deadline", "1000100000")
	for i, line := range course(51) {
		a := d.say(line)
		if a["timestamp"] != float64(1_000_000+2000*i) || len(a) != 6 {
			t.Fatalf("line %d is answered with %v", i+1, a)
		}
		if i < 2 {
			for name, value := range a {
				if name != "timestamp" && value != nil {
					t.Errorf("line %d: %s is %v, want null: there is too little data", i+1, name, value)
				}
			}
		}
		if i < 10 {
			continue
		}
		before := a["timestamp"].(float64)
		for _, name := range []string{"p10", "p50", "p90"} {
			at, ok := a[name].(float64)
			if !ok || at < before || at != math.Trunc(at) {
				t.Fatalf("line %d: %s is %v after %v", i+1, name, a[name], before)
			}
			before = at
		}
		if miss := a["miss"].(float64); miss > 1e-6 {
			t.Errorf("line %d: missed with %v, although the deadline is days ahead", i+1, miss)
		}
	}
	if rest, err := d.end(); rest != "" || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

// The deadline moves the probability and the replicas needed, and nothing else.
func TestForecastDeadline(t *testing.T) {
	t.Parallel()
	ask := func(args ...string) map[string]any {
		d := talk(t, append([]string{"forecast", "--items", "100"}, args...)...)
		var last map[string]any
		for _, line := range course(26) {
			last = d.say(line)
		}
		if rest, err := d.end(); rest != "" || err != nil {
			t.Errorf("after the end: %q, %v", rest, err)
		}
		return last
	}
	soon, late := ask("--deadline=1090000"), ask("--deadline", "1970-01-01T01:00:00Z")
	for _, name := range []string{"p10", "p50", "p90"} {
		if soon[name] != late[name] {
			t.Errorf("%s: %v for one deadline, %v for another", name, soon[name], late[name])
		}
	}
	if soon["miss"].(float64) < .9 || late["miss"].(float64) > .01 || soon["replicas_needed"].(float64) <= late["replicas_needed"].(float64) {
		t.Errorf("for a soon deadline %v, for a late one %v", soon, late)
	}
	if more := ask("--deadline=1090000", "--replicas", "50"); more["p50"].(float64) >= soon["p50"].(float64) || more["miss"].(float64) > .1 {
		t.Errorf("with more replicas %v, without %v", more, soon)
	}
	sure, unsure := ask("--deadline=1150000", "--confidence=.99"), ask("--deadline=1150000", "--confidence=.3")
	if sure["replicas_needed"].(float64) <= unsure["replicas_needed"].(float64) || sure["miss"] != unsure["miss"] {
		t.Errorf("with the confidence .99 %v, with .3 %v", sure, unsure)
	}
}

// The first line is answered with what to start with, and the last with the bounds kept.
func TestControlInLockStep(t *testing.T) {
	t.Parallel()
	d := talk(t, "control", "--items", "100", "--deadline", "1200000", "--min", "2", "--max", "12", "--confidence", "0.9", "--graceful")
	lines := append([]string{`{"timestamp":998000,"job_progress":0,"replicas":0,"parallelism":0}`}, course(51)...)
	for i, line := range lines {
		a := d.say(line)
		if n, ok := a["replicas"].(float64); !ok || n < 2 || n > 12 || a["reason"] == "" || len(a) != 3 {
			t.Fatalf("line %d is answered with %v", i+1, a)
		}
	}
	if rest, err := d.end(); rest != "" || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

// Whatever the lines are, each that is not blank is answered, until one cannot be read.
func TestFilterLines(t *testing.T) {
	t.Parallel()
	const good = `{"timestamp":1000,"job_progress":0.5,"replicas":1}`
	tests := map[string]struct {
		input   string
		answers int
		want    string // part of the error
	}{
		"nothing":                       {"", 0, ""},
		"no newline at the end":         {good, 1, ""},
		"blank lines":                   {"\n \r\n" + good + "\r\n\n", 1, ""},
		"times that do not rise":        {good + "\n" + good + "\n" + strings.Replace(good, "1000", "999", 1), 3, ""},
		"progress that falls":           {good + "\n" + `{"timestamp":2000,"job_progress":0.1,"replicas":1}`, 2, ""},
		"more items":                    {good + "\n" + `{"timestamp":2000,"job_progress":0.1,"replicas":1,"items":90}`, 2, ""},
		"at alone":                      {`{"at":"2026-11-24T05:41:07.5Z","job_progress":1,"replicas":0}`, 1, ""},
		"unknown fields":                {`{"timestamp":1,"job_progress":1,"replicas":0,"note":{"a":[1]}}`, 1, ""},
		"no JSON":                       {good + "\n\nx", 1, "line 3: want a sample"},
		"an array":                      {"[]", 0, "line 1: want a sample"},
		"null":                          {"null", 0, "line 1: timestamp or at: required; job_progress: required; replicas: required"},
		"two objects":                   {good + good, 0, "line 1: want a sample"},
		"an impossible share":           {`{"timestamp":1,"job_progress":1.5,"replicas":1}`, 0, "job_progress: want a number from 0 to 1, got 1.5"},
		"negative replicas":             {`{"timestamp":1,"job_progress":1,"replicas":-1}`, 0, "replicas: want a whole number"},
		"half an item":                  {`{"timestamp":1,"job_progress":1,"replicas":1,"items":0.5}`, 0, "items: want a whole number"},
		"a text":                        {`{"timestamp":"1","job_progress":1,"replicas":1}`, 0, "timestamp"},
		"a time before 1970":            {`{"at":"1969-12-31T00:00:00Z","job_progress":1,"replicas":1}`, 0, "at: want a time"},
		"a time beyond":                 {`{"timestamp":1e300,"job_progress":1,"replicas":1}`, 0, "timestamp: want a whole number"},
		"a long line":                   {good + "\n" + strings.Repeat(" ", maxLine) + "\n", 1, "line 2: longer than"},
		"a long line without an end":    {strings.Repeat("x", 2*maxLine), 0, "line 1: longer than"},
		"huge numbers":                  {`{"timestamp":1,"job_progress":0,"replicas":2147483647,"parallelism":2147483647,"items":9007199254740992}`, 1, ""},
		"a share that was added up":     {`{"timestamp":1,"job_progress":1.0000000000000002,"replicas":1}`, 1, ""},
		"fewer replicas than they were": {good + "\n" + `{"timestamp":2000,"job_progress":0.6,"replicas":0}`, 2, ""},
	}
	for name, tt := range tests {
		for command, flags := range map[string][]string{"forecast": nil, "control": {"--min=1", "--max=9"}} {
			t.Run(name+", "+command, func(t *testing.T) {
				t.Parallel()
				var out strings.Builder
				root := newRoot()
				root.SetArgs(append([]string{command, "--items=80", "--deadline=2030-01-01T00:00:00Z"}, flags...))
				root.SetIn(iotest.OneByteReader(strings.NewReader(tt.input)))
				root.SetOut(&out)
				err := root.ExecuteContext(t.Context())
				if got := strings.Count(out.String(), "\n"); got != tt.answers {
					t.Errorf("%d answers, want %d: %s", got, tt.answers, &out)
				}
				if (err != nil) != (tt.want != "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")) {
					t.Errorf("error %v, want %q in one line", err, tt.want)
				}
				if err != nil && exit.Of(err) != 1 {
					t.Errorf("exit status %d, want 1", exit.Of(err))
				}
			})
		}
	}
}

// Every wrong flag is named in one line, and the exit status is 2.
func TestFilterFlags(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want []string
	}{
		"nothing":           {[]string{"forecast"}, []string{"--items: required", "--deadline: required"}},
		"nothing, control":  {[]string{"control"}, []string{"--items: required", "--deadline: required", "--min: required", "--max: required"}},
		"all of them":       {[]string{"forecast", "--items=0", "--deadline", "soon", "--replicas", "-3", "--confidence=1", "--frob"}, []string{`--items: want a whole number from 1 to 9007199254740992, got "0"`, "--deadline: want RFC 3339", "--replicas", "--confidence: want a number between 0 and 1", "--frob: there is no such flag"}},
		"all of control":    {[]string{"control", "--items", "x", "--deadline=0001-01-01T00:00:00Z", "--min=0", "--max=1e3", "--confidence", "NaN", "--graceful=maybe", "--replicas=3"}, []string{"--items", "--deadline", "--min", "--max", "--confidence", "--graceful", "--replicas=3: there is no such flag"}},
		"min over max":      {[]string{"control", "--items=1", "--deadline=1", "--min=3", "--max=2"}, []string{"--min: want at most --max, 2, got 3"}},
		"no value":          {[]string{"forecast", "--items", "--deadline"}, []string{"--items: want a value", "--deadline: want a value"}},
		"a short flag":      {[]string{"forecast", "--items=1", "--deadline=1", "-i"}, []string{"-i: there is no such flag"}},
		"two files":         {[]string{"forecast", "--items=1", "--deadline=1", "a", "b"}, []string{"want at most one file, got 2"}},
		"required once":     {[]string{"forecast", "--items", "--deadline=1"}, []string{"--items: want a value"}},
		"items over 2^53":   {[]string{"forecast", "--items=9007199254740993", "--deadline=1"}, []string{"--items"}},
		"a deadline beyond": {[]string{"forecast", "--items=1", "--deadline=99999999999999999"}, []string{"--deadline"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newRoot()
			root.SetArgs(tt.args)
			root.SetIn(iotest.ErrReader(os.ErrInvalid)) // nothing is read
			root.SetOut(io.Discard)
			err := root.ExecuteContext(t.Context())
			if err == nil || exit.Of(err) != 2 || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %v, want one in a line, and the exit status 2", err)
			}
			if got := strings.Count(err.Error(), ";") + 1; got != len(tt.want) {
				t.Errorf("%d errors, want %d: %v", got, len(tt.want), err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
		})
	}
}

// A recorded run is replayed from a file, whose absence is an error.
func TestFilterFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(course(5), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{path: 5, path + ".none": 0} {
		var out strings.Builder
		root := newRoot()
		root.SetArgs([]string{"forecast", name, "--items=100", "--deadline=1"})
		root.SetOut(&out)
		err := root.ExecuteContext(t.Context())
		if got := strings.Count(out.String(), "\n"); got != want || (err == nil) != (want > 0) {
			t.Errorf("%d answers, %v, want %d", got, err, want)
		}
	}
}

// A filter that waits for its input ends when the program is told to.
func TestFilterIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, write := io.Pipe()
	t.Cleanup(func() { _ = write.Close() })
	root := newRoot()
	root.SetArgs([]string{"forecast", "--items=100", "--deadline=1"})
	root.SetIn(in)
	root.SetOut(io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the filter still waits")
	}
}

// The samples that a tick takes give the same forecast in the job's status and in the
// filter.
func TestForecastIsThatOfTheTick(t *testing.T) {
	t.Parallel()
	submitted := time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
	spec := job.Spec{ID: "a", Items: 49, Budget: time.Minute, Submitted: submitted, Period: 2 * time.Second, Accepted: submitted}
	state := job.New(spec, true, nil)
	d := talk(t, "forecast", "--items=49", "--deadline", spec.Deadline().Format(time.RFC3339))
	for i, left := range []int64{49, 49, 47, 46, 41, 40, 38, 38, 37, 30, 29, 25, 21, 20, 20, 11} {
		count := job.QueueCount{Queued: left - min(left, 5), InFlight: min(left, 5)}
		observed := job.Observation{At: submitted.Add(time.Duration(2*i+1) * time.Second), Queue: job.QueueHalf{Count: &count}}
		got := job.Advance(&spec, &state, &observed, job.FailureLimit{Count: 3})
		state = got.State
		line, err := json.Marshal(monitor.TimedSample{
			Timestamp: got.Sample.At, At: got.Sample.Moment(), Job: got.Sample.Job, Time: got.Sample.Time, Error: got.Sample.Error, Replicas: got.Sample.Replicas,
		})
		if err != nil {
			t.Fatal(err)
		}
		a := d.say(string(line))
		if o := got.Prospect.Outlook(); o.Known {
			if a["p50"] != float64(o.P50.UnixMilli()) || a["p90"] != float64(o.P90.UnixMilli()) || a["miss"] != o.Miss || (a["replicas_needed"] != nil) != o.Need.Met || o.Need.Met && a["replicas_needed"] != float64(o.Need.Replicas) {
				t.Errorf("sample %d: the filter says %v, the tick %+v", i, a, o)
			}
		} else if a["p50"] != nil {
			t.Errorf("sample %d: the filter says %v, the tick knows nothing", i, a)
		}
	}
	if !state.Outlook(spec).Known {
		t.Error("there never was enough data")
	}
}
