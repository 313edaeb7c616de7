package job_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// An id is refused with a short text, or it is safe in a key, a path and a name.
func FuzzParseID(f *testing.F) {
	for _, text := range []string{"a", "kj-abc1234", "", "-a", "a-", "A", "a.b", "a/b", "..", strings.Repeat("a", 63), strings.Repeat("a", 64), "\u212a", "a\n", "é", strings.Repeat("\u202e", 99)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := job.ParseID(text)
		if (err == nil) != (string(id) == text && text != "") {
			t.Errorf("ParseID(%q) = %q, %v", text, id, err)
		}
		if err != nil {
			problem := strings.TrimPrefix(err.Error(), "id: ")
			if id != "" || failure.KindOf(err) != failure.KindInvalid || failure.Clean(problem) != problem {
				t.Errorf("ParseID(%q) = %q, %v", text, id, err)
			}
			return
		}
		if len(text) > 63 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || text[0] == '-' || text[len(text)-1] == '-' {
			t.Errorf("ParseID accepts %q", text)
		}
	})
}

// A report is read back from its JSON, and each error of it is in a pair.
func FuzzReport(f *testing.F) {
	f.Add(int64(1795499061000), 0.5, int64(3), "default", `{"kp":1}`, "the queue is empty", int64(1795499063000), true)
	f.Add(int64(0), -1e308, int64(-1), "\u2028", "", "", int64(0), false)
	f.Add(int64(-1), 5e-324, int64(0), "", "null", "\xff", int64(1<<47), true)
	f.Fuzz(func(t *testing.T, at int64, value float64, replicas int64, strategy, heuristics, reason string, ended int64, sampled bool) {
		spec, state := newSpec(), job.State{Phase: job.PhaseFinished, Reason: strings.ToValidUTF8(reason, ""), EndedAt: ended}
		spec.Strategy = strings.ToValidUTF8(strategy, "")
		if json.Valid([]byte(heuristics)) && strings.HasPrefix(heuristics, "{") {
			spec.Heuristics, _ = json.Marshal(json.RawMessage(heuristics))
		}
		if x := (sample.Sample{At: at, Job: 0.5, Error: value, Replicas: replicas}); sampled {
			if job.CheckSample(x) != nil || value != value {
				return
			}
			state.Summary, _ = state.Summary.Fold(x)
		}
		want := job.NewReport(spec, state)
		text, err := json.Marshal(want)
		if err != nil {
			return // an infinite error, which no tick measures
		}
		var got job.Report
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if spec.Heuristics == nil {
			want.Heuristics = json.RawMessage("null")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is read back (-want +got):\n%s", text, diff)
		}
		var pairs map[string]any
		if err := json.Unmarshal(text, &pairs); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"final_error", "max_error", "min_error"} {
			if pair, ok := pairs[name].([]any); !ok || len(pair) != 2 || (pair[0] != nil) != sampled {
				t.Errorf("%s is %v", name, pairs[name])
			}
		}
	})
}

// Whatever a server answers for a pair, it is refused or written again as it was read.
func FuzzTimedError(f *testing.F) {
	for _, text := range []string{"[0.5,\"2026-11-24T05:41:07Z\"]", "[null,null]", "[]", "[1]", "[1,\"a\",2]", "null", "{}", "[\"a\",1]", "[[],{}]", "[1e999,\"\"]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var first, second job.TimedError
		if json.Unmarshal([]byte(text), &first) != nil {
			return
		}
		written, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%s, again %s (-first +second):\n%s", text, written, diff)
		}
	})
}

// observation decodes what a tick reads, five bytes.
func observation(bytes []byte, at time.Time) job.Observation {
	o := job.Observation{At: at, Queue: job.QueueHalf{Error: "no answer"}, Kube: job.KubeHalf{Asked: bytes[4]&1 == 0, Absent: bytes[4]&2 != 0, Existed: bytes[4]&4 != 0}}
	if bytes[0] < 200 {
		o.Queue = job.QueueHalf{Count: &job.QueueCount{Queued: int64(bytes[1] % 8), InFlight: int64(bytes[2] % 4), Results: int64(bytes[3] % 8)}}
	}
	if o.Kube.Asked && !o.Kube.Absent {
		o.Kube.Status = &job.KubeStatus{
			Active: int64(bytes[4] >> 6), Started: bytes[4]&8 != 0, Complete: bytes[0]%16 == 15, Failed: bytes[0]%32 == 14, Suspended: bytes[4]&16 != 0,
			Reason: strings.Repeat("\x1b", int(bytes[3])),
		}
	}
	return o
}

// However a job's observations follow one another, its state can be stored and read,
// its samples rise, and an ended job has a reason.
func FuzzAdvance(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 6, 0, 0, 1, 1, 0, 2, 4, 1, 2, 0, 0, 6, 1})
	f.Add([]byte{0, 6, 0, 0, 0, 255, 0, 0, 0, 2, 255, 0, 0, 0, 6, 255, 1, 1, 1, 1})
	f.Add([]byte{0, 6, 1, 0, 72, 15, 0, 0, 6, 72})
	f.Add([]byte{0, 6, 1, 5, 72, 14, 0, 0, 200, 72})
	f.Add([]byte{0, 4, 1, 5, 3, 0, 0, 0, 1, 3, 0, 0, 0, 6, 3})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		spec := newSpec()
		state := job.New(spec, false, nil)
		policy := job.EventPolicy{Enabled: true, Samples: true}
		for i := 0; i+5 <= len(bytes) && state.Phase.Living(); i += 5 {
			at := start.Add(time.Duration(i+int(bytes[i])%4) * time.Second / 2)
			next := advance(spec, state, observation(bytes[i:i+5], at), limit)
			if last := state.Summary.Last; next.Sample != nil && last != nil && next.Sample.At <= last.At {
				t.Fatalf("the sample at %d follows one at %d", next.Sample.At, last.At)
			}
			after, _ := policy.Append(spec, state, next.State, next.Sample, nil, at)
			if (next.Sample == nil) != (after.Summary.Count == state.Summary.Count) || after.Sequence < state.Sequence {
				t.Fatalf("sample %+v of %+v", next.Sample, after)
			}
			state = after
			expectStorable(t, spec, state)
		}
	})
}

// expectStorable checks that a state is read back as it was stored.
func expectStorable(t *testing.T, spec job.Spec, state job.State) {
	t.Helper()
	if err := job.Check(spec, state); err != nil {
		t.Fatalf("%+v: %v", state, err)
	}
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var again job.State
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(again)
	if err != nil || string(second) != string(text) {
		t.Fatalf("%s is stored again as %s, %v", text, second, err)
	}
	if state.Phase.Living() == (state.Reason != "") || len(state.Outbox) > 64 {
		t.Errorf("the phase is %s for the reason %q, with %d events", state.Phase, state.Reason, len(state.Outbox))
	}
	for _, shown := range []string{state.Reason, state.LastError} {
		if failure.Clean(shown) != shown {
			t.Errorf("%q is shown", shown)
		}
	}
}
