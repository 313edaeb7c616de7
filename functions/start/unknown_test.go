package start_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		ignored  = ": unknown field, ignored"
		database = `"enable_visualizer":true,"database_data":{"url":"a","name":"b"`
	)
	tests := map[string]struct {
		body string
		want []string
	}{
		"every field that a Manager sends": {whole[:len(whole)-2] + `,"min_replicas":1}}`, []string{
			"plugin_info.database_data.password" + ignored + "; credentials are not read from a request: secret names a Secret that holds them",
		}},
		"nothing unknown":            {info(`"max_replicas":null`), nil},
		"a misspelt field":           {info(`"number_of_job":7`), []string{"plugin_info.number_of_job" + ignored + "; is number_of_jobs meant?"}},
		"another case":               {info(`"redisIP":"a"`), []string{"plugin_info.redisIP" + ignored + "; is redis_ip meant?"}},
		"a field nobody knows":       {info(`"colour":"red"`), []string{"plugin_info.colour" + ignored}},
		"a null nobody knows":        {info(`"colour":null`), []string{"plugin_info.colour" + ignored}},
		"the empty name":             {info(`"":1`), []string{`plugin_info.""` + ignored}},
		"a line break in a name":     {info(`"a\nb":1`), []string{`plugin_info."a\nb"` + ignored}},
		"a field in the wrong one":   {info(`"collect_period":7`), []string{"plugin_info.collect_period" + ignored + " here; it belongs beside plugin_info"}},
		"misspelt, in the wrong one": {info(`"colect_period":7`), []string{"plugin_info.colect_period" + ignored + "; is collect_period meant, which belongs beside plugin_info?"}},
		"a field outside":            {`{"plugin":"p","redis_port":1,"plugin_info":{"expected_time":40}}`, []string{"redis_port" + ignored + " here; it belongs in plugin_info"}},
		"an unknown database field":  {info(database + `,"prot":1}`), []string{"plugin_info.database_data.prot" + ignored + "; is port meant?"}},
		"a database that is not read": {
			info(`"database_data":{"prot":1}`), nil,
		},
		"a submission with its time": {
			info(`"monitor_info":{},"cmd":[]`), []string{"plugin_info.cmd" + ignored, "plugin_info.monitor_info" + ignored},
		},
		"an expected time of 116 days": {
			`{"plugin":"p","plugin_info":{"expected_time":10000000}}`,
			[]string{"plugin_info.expected_time: is 116 days; want seconds, not milliseconds"},
		},
		"a period over the expected time": {
			`{"plugin":"p","collect_period":2000,"plugin_info":{"expected_time":40}}`,
			[]string{"collect_period: is longer than plugin_info.expected_time; want seconds, not milliseconds"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got, err := start.Decode("a", []byte(tt.body), rules())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarningsAreBounded(t *testing.T) {
	t.Parallel()
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`"unknown%d":%d`, i, i))
	}
	members = append(members, `"`+strings.Repeat("x", 5000)+`":1`)
	_, got, err := start.Decode("a", []byte(info(strings.Join(members, ","))), rules())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 21 || got[20] != "there are 981 more unknown fields" {
		t.Errorf("%d warnings, the last %q, want 20 and the number of the others", len(got), got[len(got)-1])
	}
	for _, member := range []string{members[1000], `"` + strings.Repeat(`\udb40\udc01`, 80) + `":1`, `"` + strings.Repeat(`\u0001`, 80) + `":1`} {
		_, got, err = start.Decode("a", []byte(info(member)), rules())
		if err != nil || len(got) != 1 || len(got[0]) > 200 {
			t.Errorf("warnings %.300q, %v, want one that is short", got, err)
		}
	}
}
