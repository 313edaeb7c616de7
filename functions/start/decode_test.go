package start_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// whole is every field that the monitor knows.
const whole = `{"plugin":"kubejobs","collect_period":1.5,"plugin_info":{"expected_time":60,"number_of_jobs":6,
	"submission_time":"2026-11-24T05:41:07.390079GMT","redis_ip":"10.1.2.3","redis_port":6380,"scaling_strategy":"pid",
	"heuristic_options":{"kp":1},"enable_detailed_report":true,"enable_visualizer":false,"datasource_type":"influxdb",
	"database_data":{"url":"influx","name":"asperathos","password":"hunter2"},"max_replicas":10}}`

// rules are those of the tests: they allow several plugins, and it is noon in UTC.
func rules() start.Rules {
	return start.Rules{
		Plugins: []string{"kubejobs", "kubejob", "p"}, Zone: time.UTC, Now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
	}
}

// decode decodes a request that is right.
func decode(t *testing.T, body string) monitor.Request {
	t.Helper()
	r, _, err := start.Decode("kj-abc1234", []byte(body), rules())
	if err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return r
}

// nested is JSON with objects and lists inside one another.
func nested(depth int) string {
	text := "{}"
	for i := 1; i < depth; i++ {
		if i%2 == 0 || i == depth-1 {
			text = `{"a":` + text + `}`
		} else {
			text = "[" + text + "]"
		}
	}
	return text
}

// info is a request whose plugin_info has members beside expected_time.
func info(members string) string {
	return `{"plugin":"kubejobs","plugin_info":{"expected_time":40,` + members + `}}`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	minimal := monitor.Request{ID: "kj-abc1234", Plugin: "kubejobs", Budget: 40 * time.Second}
	tests := map[string]struct {
		body string
		want monitor.Request
	}{
		"the smallest": {`{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`, minimal},
		"every field": {whole, monitor.Request{
			ID: "kj-abc1234", Plugin: "kubejobs", Budget: time.Minute, Items: 6,
			Submitted: time.Date(2026, 11, 24, 5, 41, 7, 390079e3, time.UTC), Period: 1500 * time.Millisecond,
			QueueHost: "10.1.2.3", QueuePort: 6380, Strategy: "pid", Heuristics: json.RawMessage(`{"kp":1}`),
			Database: &job.Database{Host: "influx", Port: 8086, Name: "asperathos"},
		}},
		"null is absent": {
			`{"plugin":"kubejobs","collect_period":null,"plugin_info":{"expected_time":40,"number_of_jobs":null,
				"submission_time":null,"redis_ip":null,"redis_port":null,"scaling_strategy":null,"heuristic_options":null,
				"enable_detailed_report":null,"enable_visualizer":null,"datasource_type":null,"database_data":null}}`,
			minimal,
		},
		"a field that nobody knows": {info(`"max_replicas":[1,"x"]`), minimal},
		"a byte order mark":         {"\ufeff" + `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`, minimal},
		"a fraction of zero":        {`{"plugin":"kubejobs","plugin_info":{"expected_time":40.0}}`, minimal},
		"a fraction of a second":    {`{"plugin":"kubejobs","plugin_info":{"expected_time":4e1}}`, minimal},
		"heuristics without pid":    {info(`"heuristic_options":7`), minimal},
		"spaces around it":          {" \n{\"plugin\":\"kubejobs\",\"plugin_info\":{\"expected_time\":40}}\r\n", minimal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, tt.body)
			if len(got.Fingerprint) != 64 {
				t.Errorf("Fingerprint = %q, want 64 hexadecimal digits", got.Fingerprint)
			}
			got.Fingerprint = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want []string
	}{
		"empty":                {"", []string{"body"}},
		"spaces":               {" \n", []string{"body"}},
		"no JSON":              {"plugin=kubejobs", []string{"body"}},
		"cut off":              {`{"plugin":`, []string{"body"}},
		"null":                 {"null", []string{"body"}},
		"a list":               {"[]", []string{"body"}},
		"two objects":          {"{}{}", []string{"body"}},
		"text after it":        {`{"plugin":"kubejobs"} x`, []string{"body"}},
		"an empty object":      {"{}", []string{"plugin", "plugin_info", "plugin_info.expected_time"}},
		"plugin is a number":   {`{"plugin":7,"plugin_info":{"expected_time":1}}`, []string{"plugin"}},
		"info is a text":       {`{"plugin":"p","plugin_info":"x"}`, []string{"plugin_info", "plugin_info.expected_time"}},
		"an unknown plugin":    {`{"plugin":"kubejobs_cost","plugin_info":{"expected_time":1}}`, []string{"plugin"}},
		"an empty plugin":      {`{"plugin":"","plugin_info":{"expected_time":1}}`, []string{"plugin"}},
		"a plugin in capitals": {`{"plugin":"KubeJobs","plugin_info":{"expected_time":1}}`, []string{"plugin"}},
		"an unknown plugin, more": {
			`{"plugin":"kubejobs_cost","collect_period":0,"plugin_info":{}}`,
			[]string{"plugin", "collect_period", "plugin_info.expected_time"},
		},
		"UTF-16":               {"\xff\xfe{\x00}\x00", []string{"body"}},
		"Latin-1":              {info("\"scaling_strategy\":\"r\xe9pide\""), []string{"body"}},
		"two byte order marks": {"\ufeff\ufeff{}", []string{"body"}},
		"no expected time":     {`{"plugin":"p","plugin_info":{}}`, []string{"plugin_info.expected_time"}},
		"expected time null":   {`{"plugin":"p","plugin_info":{"expected_time":null}}`, []string{"plugin_info.expected_time"}},
		"expected time 0":      {`{"plugin":"p","plugin_info":{"expected_time":0}}`, []string{"plugin_info.expected_time"}},
		"expected time < 0":    {`{"plugin":"p","plugin_info":{"expected_time":-1}}`, []string{"plugin_info.expected_time"}},
		"expected time text":   {`{"plugin":"p","plugin_info":{"expected_time":"40"}}`, []string{"plugin_info.expected_time"}},
		"expected time huge":   {`{"plugin":"p","plugin_info":{"expected_time":1e400}}`, []string{"plugin_info.expected_time"}},
		"expected time tiny":   {`{"plugin":"p","plugin_info":{"expected_time":1e-10}}`, []string{"plugin_info.expected_time"}},
		"over a year":          {`{"plugin":"p","plugin_info":{"expected_time":31536001}}`, []string{"plugin_info.expected_time"}},
		"milliseconds":         {`{"plugin":"p","plugin_info":{"expected_time":36000000}}`, []string{"plugin_info.expected_time"}},
		"period over a year":   {`{"plugin":"p","collect_period":31536001,"plugin_info":{"expected_time":1}}`, []string{"collect_period"}},
		"period 0":             {`{"plugin":"p","collect_period":0,"plugin_info":{"expected_time":1}}`, []string{"collect_period"}},
		"items 0":              {info(`"number_of_jobs":0`), []string{"plugin_info.number_of_jobs"}},
		"items a fraction":     {info(`"number_of_jobs":1.5`), []string{"plugin_info.number_of_jobs"}},
		"items a text":         {info(`"number_of_jobs":"6"`), []string{"plugin_info.number_of_jobs"}},
		"items over a double":  {info(`"number_of_jobs":9007199254740993`), []string{"plugin_info.number_of_jobs"}},
		"redis_ip a number":    {info(`"redis_ip":7`), []string{"plugin_info.redis_ip"}},
		"redis_ip empty":       {info(`"redis_ip":""`), []string{"plugin_info.redis_ip"}},
		"redis_ip with port":   {info(`"redis_ip":"redis:6379"`), []string{"plugin_info.redis_ip"}},
		"items over an int64":  {info(`"number_of_jobs":1e19`), []string{"plugin_info.number_of_jobs"}},
		"items of 1e400":       {info(`"number_of_jobs":1e400`), []string{"plugin_info.number_of_jobs"}},
		"a strategy of 64":     {info(`"scaling_strategy":"` + strings.Repeat("é", 64) + `"`), []string{"plugin_info.scaling_strategy"}},
		"large options":        {info(`"heuristic_options":{"a":"` + strings.Repeat("x", 4096-7) + `"}`), []string{"plugin_info.heuristic_options"}},
		"large options of pid": {
			info(`"scaling_strategy":"pid","heuristic_options":{"a":"` + strings.Repeat("x", 4096-7) + `"}`),
			[]string{"plugin_info.heuristic_options"},
		},
		"deep options": {info(`"heuristic_options":` + nested(33)), []string{"plugin_info.heuristic_options"}},
		"deep options of pid": {
			info(`"scaling_strategy":"pid","heuristic_options":` + nested(33)), []string{"plugin_info.heuristic_options"},
		},
		"redis_port 0":     {info(`"redis_port":0`), []string{"plugin_info.redis_port"}},
		"redis_port 65536": {info(`"redis_port":65536`), []string{"plugin_info.redis_port"}},
		"strategy a list":  {info(`"scaling_strategy":[]`), []string{"plugin_info.scaling_strategy"}},
		"pid, no options":  {info(`"scaling_strategy":"pid"`), []string{"plugin_info.heuristic_options"}},
		"pid, null options": {
			info(`"scaling_strategy":"pid","heuristic_options":null`), []string{"plugin_info.heuristic_options"},
		},
		"pid, options a list": {
			info(`"scaling_strategy":"pid","heuristic_options":[]`), []string{"plugin_info.heuristic_options"},
		},
		"all at once": {
			`{"plugin":null,"collect_period":"1","plugin_info":{"expected_time":"x","number_of_jobs":-1,"submission_time":7,
				"redis_ip":"a b","redis_port":"6379","scaling_strategy":1,"enable_detailed_report":"yes",
				"enable_visualizer":0,"datasource_type":{},"database_data":"x"}}`,
			[]string{
				"plugin", "collect_period", "plugin_info.expected_time", "plugin_info.number_of_jobs",
				"plugin_info.submission_time", "plugin_info.redis_ip", "plugin_info.redis_port",
				"plugin_info.scaling_strategy", "plugin_info.enable_detailed_report", "plugin_info.enable_visualizer",
				"plugin_info.datasource_type", "plugin_info.database_data",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, warnings, err := start.Decode("a", []byte(tt.body), rules())
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
			if diff := cmp.Diff(monitor.Request{}, got); diff != "" || len(warnings) > 0 {
				t.Errorf("request beside an error (-want +got):\n%s", diff)
			}
		})
	}
}
