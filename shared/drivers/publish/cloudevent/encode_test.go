package cloudevent_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/drivers/publish/cloudevent"
)

var moment = time.Date(2026, 11, 24, 5, 41, 9, 0, time.UTC)

// event returns an event of a kind, with every field that its data may have.
func event(kind job.EventKind) job.Event {
	phases := map[job.EventKind]job.Phase{
		job.EventFinished: job.PhaseFinished, job.EventFailed: job.PhaseFailed,
		job.EventStopped: job.PhaseStopped,
	}
	phase, ended := phases[kind]
	if !ended {
		phase = job.PhaseRunning
	}
	replicas, finish := int64(3), moment.Add(time.Minute)
	e := job.Event{
		Job: "kj-abc1234", Life: 1795498867000, Sequence: 7, Kind: kind, At: moment,
		Data: job.EventData{
			Job: "kj-abc1234", Phase: phase, Items: 6, Submitted: moment.Add(-2 * time.Second), Deadline: finish,
			Finish: &finish, Timestamp: moment.UnixMilli(), Replicas: &replicas,
			Progress: &progress.Progress{Job: 0.5, Time: 0.75, Error: -0.25},
		},
	}
	probability, rate := 0.75, 1.5
	e.Data.Forecast = &job.Forecast{
		Enough: true, P10: &finish, P50: &finish, P90: &finish, Miss: &probability, Replicas: 3, Asked: &replicas, Needed: &replicas,
		Best: &probability, Confidence: 0.9, Rate: &rate, Mean: &rate, Replica: &rate, Quiet: 1.5, Cause: forecast.CauseItemsHeld,
	}
	if ended {
		e.Data.Reason = "the Job is complete"
	}
	if kind == job.EventScaled {
		e.Data.Scale = &job.ScaleChange{At: moment.UnixMilli(), From: 3, To: 5, Reason: "forecast"}
	}
	if kind == job.EventFinished || kind == job.EventFailed {
		seconds, value, second := int64(40), -0.25, "2026-11-24T05:41:09Z"
		at := job.TimedError{Value: &value, Second: &second}
		e.Data.Verdict = &job.Verdict{DeadlineMet: true, Late: true, Spare: 5.1} // no field is zero
		e.Data.Report = &job.Report{
			ExecutionTime: &seconds, FinalReplicas: &replicas, FinalError: at, MaxError: at, MinError: at,
			Strategy: "pid", Heuristics: json.RawMessage(`{"kp":1}`),
			Phase: phase, Reason: e.Data.Reason, Verdict: e.Data.Verdict,
			Outcome: &job.Outcome{
				DeadlineMet: &e.Data.DeadlineMet, Spare: &e.Data.Spare, Margin: &value, Rate: &rate, ReplicaSeconds: 120,
				Utilisation: &probability, Sufficient: &replicas, ChangeCount: 1,
				Changes:   []job.ShownChange{{At: moment, From: 2, To: 3, Reason: "late"}},
				Stall:     &job.ShownStall{Since: moment, Seconds: 30, Cause: forecast.CauseNoReplica},
				Forecasts: []job.ForecastCheck{{Share: 0.5, At: moment, Finish: finish, Error: -2, RelativeError: -0.5, Within: true}},
			},
		}
	}
	return e
}

// schemas compiles the schemas of the package. They check formats.
func schemas(t *testing.T) map[job.EventKind]*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	names, err := fs.Glob(cloudevent.Schemas, "schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := cloudevent.Schemas.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id, _ := document.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(id, document); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(names) != len(cloudevent.Kinds())+1 {
		t.Errorf("%d schemas, want one for each kind and the common one", len(names))
	}
	compiled := map[job.EventKind]*jsonschema.Schema{}
	for _, kind := range cloudevent.Kinds() {
		if compiled[kind], err = compiler.Compile(cloudevent.SchemaURI(kind)); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	return compiled
}

// validate checks an event's data against a schema.
func validate(t *testing.T, schema *jsonschema.Schema, data []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(document)
}

func TestEncode(t *testing.T) {
	t.Parallel()
	compiled := schemas(t)
	for _, kind := range cloudevent.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			got, err := cloudevent.Encode("batch", event(kind), map[string]string{"team": "x"})
			if err != nil {
				t.Fatal(err)
			}
			want := cloudevents.NewEvent()
			want.SetID("kj-abc1234-1795498867000-7")
			want.SetType("dev.kubejobs.job." + string(kind))
			want.SetSource("/kubejobs/namespaces/batch/jobs/kj-abc1234")
			want.SetSubject("kj-abc1234")
			want.SetTime(moment)
			want.SetDataSchema("urn:kubejobs:schema:job:" + string(kind) + ":1")
			want.SetExtension("sequence", "00000000000000000007")
			want.SetExtension("partitionkey", "kj-abc1234")
			want.SetExtension("team", "x")
			if err := want.SetData("application/json", json.RawMessage(got.Data())); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := validate(t, compiled[kind], got.Data()); err != nil {
				t.Errorf("the schema rejects it: %v\n%s", err, got.Data())
			}
		})
	}
}

// The events of this file have every field of the data, so that TestEncode shows
// whether the schemas describe it.
func TestFixtureIsComplete(t *testing.T) {
	t.Parallel()
	for _, kind := range []job.EventKind{job.EventFinished, job.EventFailed} {
		data := event(kind).Data
		for _, of := range []reflect.Value{
			reflect.ValueOf(data), reflect.ValueOf(*data.Progress), reflect.ValueOf(*data.Report), reflect.ValueOf(*data.Verdict),
			reflect.ValueOf(*data.Forecast), reflect.ValueOf(*data.Report.Outcome), reflect.ValueOf(data.Report.Outcome.Changes[0]),
			reflect.ValueOf(*data.Report.Outcome.Stall), reflect.ValueOf(data.Report.Outcome.Forecasts[0]),
		} {
			for field, value := range of.Fields() {
				if value.IsZero() && field.Name != "Scale" { // of scaled
					t.Errorf("%s: %s.%s is zero", kind, of.Type(), field.Name)
				}
			}
		}
	}
}

// The schemas reject a field that they do not describe, at every level.
func TestSchemasAreClosed(t *testing.T) {
	t.Parallel()
	compiled := schemas(t)
	for _, kind := range cloudevent.Kinds() {
		for _, path := range [][]string{nil, {"progress"}, {"scale"}, {"forecast"}, {"report"}, {"report", "outcome"}, {"report", "outcome", "longest_stall"}} {
			text, err := json.Marshal(event(kind).Data)
			if err != nil {
				t.Fatal(err)
			}
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			object := document.(map[string]any)
			for _, name := range path {
				object, _ = object[name].(map[string]any)
			}
			if object == nil {
				continue // no report
			}
			object["undescribed"] = 1
			if err := compiled[kind].Validate(document); err == nil {
				t.Errorf("%s: the schema accepts an undescribed field in %q", kind, path)
			}
		}
	}
}

// The schemas reject data that lacks what they require.
func TestSchemasRequire(t *testing.T) {
	t.Parallel()
	compiled := schemas(t)
	finished := event(job.EventFinished)
	tests := map[string]struct {
		kind   job.EventKind
		change func(*job.EventData)
	}{
		"a sample without its time": {job.EventSample, func(d *job.EventData) { d.Timestamp = 0 }},
		"a sample without progress": {job.EventSample, func(d *job.EventData) { d.Progress = nil }},
		"no id":                     {job.EventStarted, func(d *job.EventData) { d.Job = "" }},
		"an unknown phase":          {job.EventSample, func(d *job.EventData) { d.Phase = "odd" }},
		"at risk after the end":     {job.EventAtRisk, func(d *job.EventData) { *d = finished.Data }},
		"finished without report":   {job.EventFinished, func(d *job.EventData) { d.Report = nil }},
		"finished without verdict":  {job.EventFinished, func(d *job.EventData) { d.Verdict = nil }},
		"report without verdict":    {job.EventFailed, func(d *job.EventData) { d.Report.Verdict = nil }},
		"failed without reason":     {job.EventFailed, func(d *job.EventData) { d.Reason = "" }},
		"scaled without a change":   {job.EventScaled, func(d *job.EventData) { d.Scale = nil }},
		"scaled after the end":      {job.EventScaled, func(d *job.EventData) { d.Phase = job.PhaseFinished }},
		"a change in a sample":      {job.EventSample, func(d *job.EventData) { d.Scale = &job.ScaleChange{At: 1, Reason: "x"} }},
		"confidence of 0":           {job.EventSample, func(d *job.EventData) { d.Forecast.Confidence = 0 }},
		"a cause that is none":      {job.EventStalled, func(d *job.EventData) { d.Forecast.Cause = "odd" }},
		"report without outcome":    {job.EventFinished, func(d *job.EventData) { d.Report.Outcome = nil }},
		"progress over 1":           {job.EventSample, func(d *job.EventData) { d.Progress.Job = 1.5 }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := event(test.kind).Data
			test.change(&data)
			text, err := json.Marshal(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, compiled[test.kind], text); err == nil {
				t.Errorf("the schema accepts %s", text)
			}
		})
	}
}

func TestEncodeRefusesBadExtensions(t *testing.T) {
	t.Parallel()
	if _, err := cloudevent.Encode("batch", event(job.EventSample), map[string]string{"not-a-name": "x"}); err == nil {
		t.Error("no error for an extension that CloudEvents does not allow")
	}
}
