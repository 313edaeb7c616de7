package knative_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/platform/config"
)

// The beat goes to the unit that takes it, from the source that the settings name, and is
// no schedule of a job.
func TestMetronome(t *testing.T) {
	t.Parallel()
	var source pingsource.PingSource
	documents(t, "components/metronome/metronome.yaml")[0].into(t, &source)
	cfg, err := config.Load(func(name string) (string, bool) { return "metronome", name == "SCHEDULER" })
	if err != nil {
		t.Fatal(err)
	}
	if source.Name != cfg.Auth.Sources.Metronome {
		t.Errorf("the source is %q, METRONOME_SOURCE is %q", source.Name, cfg.Auth.Sources.Metronome)
	}
	sink := source.Spec.Sink
	if sink.Ref == nil || sink.Ref.Name != config.TargetTick || sink.URI != "/metronome" {
		t.Errorf("the sink is %+v, want /metronome of the tick", sink)
	}
	if source.Spec.Schedule != "*/1 * * * * *" || source.Spec.Data != "{}" {
		t.Errorf("schedule %q, data %q: the shortest period is a second", source.Spec.Schedule, source.Spec.Data)
	}
	selector, err := labels.Parse(pingsource.Selector)
	if err != nil {
		t.Fatal(err)
	}
	if selector.Matches(labels.Set(source.Labels)) {
		t.Errorf("the selector of jobs' schedules matches the metronome, labelled %v", source.Labels)
	}
}
