package config_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	sink := func(text string) *url.URL {
		parsed, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	tests := map[string]struct {
		env  map[string]string
		want config.Events
	}{
		"no sink": {nil, config.Events{Samples: true}},
		"a SinkBinding": {
			map[string]string{
				"K_SINK": "https://broker.svc/ns/default", "K_CA_CERTS": "PEM",
				"K_CE_OVERRIDES": `{"extensions":{"team":"batch"}}`,
			},
			config.Events{
				Sink: sink("https://broker.svc/ns/default"), Samples: true, CACerts: "PEM",
				Extensions: map[string]string{"team": "batch"},
			},
		},
		"EVENTS_SINK wins over K_SINK": {
			map[string]string{"K_SINK": "http://a", "EVENTS_SINK": "http://b:8080/x?y=z", "EVENTS_SAMPLES": "false"},
			config.Events{Sink: sink("http://b:8080/x?y=z")},
		},
		"empty overrides": {
			map[string]string{"K_SINK": "http://a", "K_CE_OVERRIDES": "{}"},
			config.Events{Sink: sink("http://a"), Samples: true},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, load(t, test.env).Events); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want []string
	}{
		"no scheme":        {map[string]string{"K_SINK": "broker"}, []string{"K_SINK"}},
		"another scheme":   {map[string]string{"EVENTS_SINK": "ftp://x/"}, []string{"EVENTS_SINK"}},
		"a password":       {map[string]string{"EVENTS_SINK": "http://u:hunter2@x/"}, []string{"EVENTS_SINK"}},
		"no JSON":          {map[string]string{"K_CE_OVERRIDES": "x=y"}, []string{"K_CE_OVERRIDES"}},
		"an invalid name":  {map[string]string{"K_CE_OVERRIDES": `{"extensions":{"my-team":"x"}}`}, []string{"K_CE_OVERRIDES"}},
		"a used attribute": {map[string]string{"K_CE_OVERRIDES": `{"extensions":{"sequence":"x"}}`}, []string{"K_CE_OVERRIDES"}},
		"all at once": {
			map[string]string{"EVENTS_SINK": "x", "EVENTS_SAMPLES": "some", "K_CE_OVERRIDES": "1"},
			[]string{"EVENTS_SAMPLES", "EVENTS_SINK", "K_CE_OVERRIDES"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(test.env))
			if diff := cmp.Diff(test.want, wrong(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
