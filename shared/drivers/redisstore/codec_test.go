package redisstore

import (
	stdjson "encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

// lived returns a job after as many ticks, with each part of its request and state.
func lived(tb testing.TB, ticks int) (job.Spec, job.State) {
	tb.Helper()
	begin := time.Date(2026, 11, 26, 8, 0, 0, 123456789, time.UTC)
	spec := job.Spec{
		ID: "a", Items: 1000, Budget: time.Hour, Submitted: begin, Period: 2 * time.Second, Accepted: begin,
		Queue:    job.Queue{Address: job.Address{Host: "::1", Port: 6379}, Database: 3, Secret: "s"},
		Strategy: "<&>\u2028é", Heuristics: stdjson.RawMessage(`{"a":[1,2.50,null]}`), Fingerprint: "f", Caller: "10.0.0.1",
		Database: &job.Database{Host: "influx", Port: 8086, Name: "d", Secret: "i"},
		Control:  &job.Control{Min: 1, Max: 12, Confidence: 0.9, Actuator: job.ActuatorRedis},
	}
	state := job.New(spec, false, []job.Event{{Kind: job.EventSample}})
	for i := range ticks {
		count := job.QueueCount{Queued: int64(1000 - i), InFlight: 3, Results: int64(i)}
		seen := job.Observation{At: begin.Add(time.Duration(i) * 2 * time.Second), Queue: job.QueueHalf{Count: &count}, Late: 125 * time.Millisecond}
		if i%7 == 3 {
			seen.Queue = job.QueueHalf{Error: "cannot \"read\" <it>"}
		}
		state = job.Advance(spec, state, seen, job.FailureLimit{Count: 10}).State
	}
	return spec, state
}

// What is encoded is what encoding/json encodes, which also reads it, as earlier and other
// versions of the program do.
func TestEncode(t *testing.T) {
	t.Parallel()
	values := []any{
		job.Spec{},
		job.State{},
		job.KubeStatus{},
		map[string]string{"b": "1", "a": "<"},
		job.KubeStatus{Complete: true, Active: 3, Reason: "é\x00\u2028"},
	}
	for _, ticks := range []int{0, 1, 5, 300, 1500} {
		spec, state := lived(t, ticks)
		values = append(values, spec, state, state.Ended(job.PhaseFailed, "why", spec.Submitted))
	}
	for _, value := range values {
		got, err := encode(value)
		want, wantErr := stdjson.Marshal(value)
		if err != nil || wantErr != nil {
			t.Fatalf("%T: %v, %v", value, err, wantErr)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%T (-encoding/json +ours):\n%s", value, diff)
		}
		again := reflect.New(reflect.TypeOf(value))
		if err := decode(string(got), again.Interface()); err != nil {
			t.Fatalf("%T is not read back: %v", value, err)
		}
		back, err := stdjson.Marshal(again.Interface())
		if err != nil || string(back) != string(want) {
			t.Errorf("%T is read back as %s (%v), want %s", value, back, err, want)
		}
	}
}

// FuzzDecode: a text that encoding/json refuses is refused, and one that it accepts gives the
// same state.
func FuzzDecode(f *testing.F) {
	for _, ticks := range []int{0, 5, 40} {
		spec, state := lived(f, ticks)
		for _, value := range []any{spec, state} {
			text, err := stdjson.Marshal(value)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	for _, text := range []string{``, `null`, `{}`, `{"phase":1}`, `{"phase":"running"`, `{"phase":"running"}x`, `{"failures":1e3}`, `{"outbox":{}}`, `{"failures":99999999999999999999}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, pair := range [][2]any{{&job.State{}, &job.State{}}, {&job.Spec{}, &job.Spec{}}} {
			got, want := pair[0], pair[1]
			err, wantErr := decode(text, got), stdjson.Unmarshal([]byte(text), want)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%T: error %v, that of encoding/json: %v", got, err, wantErr)
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("%T: %+v, want %+v", got, got, want)
			}
		}
	})
}
