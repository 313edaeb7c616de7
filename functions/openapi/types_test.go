package openapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
	"kubejobs/functions/start"
	"kubejobs/functions/status"
	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/testkit/openapitest"
)

// TestTypes checks that each type that is answered has the fields of its schema.
func TestTypes(t *testing.T) {
	t.Parallel()
	for schema, of := range map[string]reflect.Type{
		"Failure": reflect.TypeFor[httpapi.Failure](), "StartAnswer": reflect.TypeFor[start.Answer](),
		"Control": reflect.TypeFor[job.Control](), "Target": reflect.TypeFor[job.Target](),
		"Status": reflect.TypeFor[monitor.Status](), "JobPage": reflect.TypeFor[status.Page](),
		"Progress": reflect.TypeFor[progress.Progress](), "LastSample": reflect.TypeFor[monitor.SampleStatus](),
		"Unobserved": reflect.TypeFor[monitor.Unobserved](), "MissingHalf": reflect.TypeFor[monitor.MissingHalf](),
		"Ticks": reflect.TypeFor[accounting.Account](), "PublisherState": reflect.TypeFor[monitor.PublisherState](),
		"ControlStatus": reflect.TypeFor[monitor.ControlStatus](), "Problem": reflect.TypeFor[monitor.Problem](),
		"Entry": reflect.TypeFor[job.Entry](), "Forecast": reflect.TypeFor[job.Forecast](),
		"Prospect": reflect.TypeFor[monitor.Prospect](), "Chance": reflect.TypeFor[forecast.Chance](),
		"Report": reflect.TypeFor[job.Report](), "Outcome": reflect.TypeFor[job.Outcome](),
		"ScaleChange": reflect.TypeFor[job.ShownChange](), "Stall": reflect.TypeFor[job.ShownStall](),
		"ForecastCheck": reflect.TypeFor[job.ForecastCheck](), "ReportPoint": reflect.TypeFor[job.Point](),
		"Sample": reflect.TypeFor[monitor.TimedSample](), "Overview": reflect.TypeFor[monitor.Overview](),
		"Swept": reflect.TypeFor[monitor.Swept](),
	} {
		openapitest.SameFields(t, schema, of)
	}
}

// The lists that the program has of some values are those of the description. Lists in
// the description have all values of these kinds.
func TestEnums(t *testing.T) {
	t.Parallel()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	schemas := document.Components.Schemas
	var causes []string
	for _, cause := range forecast.Causes() {
		causes = append(causes, string(cause))
	}
	var view, outcome []any
	for _, o := range document.Operations() {
		switch o.ID {
		case "getOverview":
			for _, p := range o.Parameters {
				if p.Name == "state" {
					view = p.Schema.Enum
				}
			}
		case "tick":
			outcome = o.Responses["200"].Headers["Kubejobs-Outcome"].Schema.Enum
		}
	}
	states := slices.DeleteFunc(monitor.States(), func(s string) bool { return s == monitor.StateLiving || s == monitor.StateEnded })
	for name, tt := range map[string]struct {
		want []string
		got  []any
	}{
		"causes":          {causes, schemas["Cause"].Enum},
		"states of views": {monitor.States(), view},
		"states":          {states, schemas["Status"].Properties["state"].Enum},
		"target kinds":    {[]string{job.KindJob, job.KindDeployment, job.KindStatefulSet}, schemas["Target"].Properties["kind"].Enum},
		"actuators":       {[]string{job.ActuatorKubernetes, job.ActuatorRedis}, schemas["Control"].Properties["actuator"].Enum},
		"phases": {[]string{
			string(job.PhasePending), string(job.PhaseRunning), string(job.PhaseFinished), string(job.PhaseFailed), string(job.PhaseStopped),
		}, schemas["Phase"].Enum},
		"health": {[]string{
			string(forecast.StatusOK), string(forecast.StatusAtRisk), string(forecast.StatusStalled), string(forecast.StatusSuspended),
			string(forecast.StatusUnobserved),
		}, schemas["Health"].Enum},
		"outcomes": {[]string{
			string(monitor.OutcomeSampled), string(monitor.OutcomeFailed), string(monitor.OutcomeDuplicate), string(monitor.OutcomeSurplus),
			string(monitor.OutcomeEnded), string(monitor.OutcomeUnreadable), string(monitor.OutcomeUnknown),
		}, outcome},
		"entries": {[]string{
			string(job.EventStarted), string(job.EventAtRisk), string(job.EventStalled), string(job.EventRecovered), string(job.EventScaled),
			string(job.EventFinished), string(job.EventFailed), string(job.EventStopped), string(job.EntryUnobserved), string(job.EntryObserved),
			string(job.EntrySuspended), string(job.EntryResumed),
		}, schemas["Entry"].Properties["type"].Enum},
	} {
		got := make([]string, 0, len(tt.got))
		for _, value := range tt.got {
			got = append(got, value.(string))
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(tt.want)), slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("%s (-program +description):\n%s", name, diff)
		}
	}
}
