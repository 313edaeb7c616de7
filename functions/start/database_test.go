package start_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/failuretest"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	database := func(host string, port int) *job.Database {
		return &job.Database{Host: host, Port: port, Name: "asperathos"}
	}
	const data = `"database_data":{"url":"influx","port":28087,"name":"asperathos"}`
	tests := map[string]struct {
		members string
		want    *job.Database
	}{
		"for a detailed report": {`"enable_detailed_report":true,"enable_visualizer":false,"datasource_type":"influxdb",` + data, database("influx", 28087)},
		"for the visualizer":    {`"enable_visualizer":true,"datasource_type":"influxdb",` + data, database("influx", 28087)},
		"source left out":       {`"enable_visualizer":true,` + data, database("influx", 28087)},
		"source null":           {`"enable_visualizer":true,"datasource_type":null,` + data, database("influx", 28087)},
		"source empty":          {`"enable_visualizer":true,"datasource_type":"",` + data, database("influx", 28087)},
		"source in capitals":    {`"enable_visualizer":true,"datasource_type":"InfluxDB",` + data, database("influx", 28087)},
		"another, not asked":    {`"datasource_type":"monasca",` + data, nil},
		"neither asks for it":   {`"enable_visualizer":false,"enable_detailed_report":false,"datasource_type":"influxdb",` + data, nil},
		"nothing said of it":    {`"enable_visualizer":true`, nil},
		"null":                  {`"enable_visualizer":true,"database_data":null`, nil},
		"an empty object":       {`"enable_visualizer":true,"database_data":{}`, nil},
		"incomplete, not asked": {`"enable_visualizer":false,"database_data":{"url":"127.0.0.1"}`, nil},
		"wrong, not asked":      {`"database_data":{"url":7,"port":"x","name":[]}`, nil},
		"without a port":        {`"enable_visualizer":true,"database_data":{"url":"influx","name":"asperathos"}`, database("influx", 8086)},
		"port null":             {`"enable_visualizer":true,"database_data":{"url":"influx","port":null,"name":"asperathos"}`, database("influx", 8086)},
		"a URL":                 {`"enable_visualizer":true,"database_data":{"url":"http://10.1.2.3","name":"asperathos"}`, database("10.1.2.3", 8086)},
		"a URL with its slash":  {`"enable_visualizer":true,"database_data":{"url":"http://influx/","name":"asperathos"}`, database("influx", 8086)},
		"a URL with IPv6":       {`"enable_visualizer":true,"database_data":{"url":"http://[fd00::1]","name":"asperathos"}`, database("fd00::1", 8086)},
		"a scheme in capitals":  {`"enable_visualizer":true,"database_data":{"url":"HTTP://Influx.","name":"asperathos"}`, database("influx", 8086)},
		"an absolute name":      {`"enable_visualizer":true,"database_data":{"url":"INFLUX.","name":"asperathos"}`, database("influx", 8086)},
		"IPv6 in brackets":      {`"enable_visualizer":true,"database_data":{"url":"[FD00::0:1]","name":"asperathos"}`, database("fd00::1", 8086)},
		"mapped IPv4":           {`"enable_visualizer":true,"database_data":{"url":"::ffff:10.1.2.3","name":"asperathos"}`, database("10.1.2.3", 8086)},
		"IPv6":                  {`"enable_visualizer":true,"database_data":{"url":"fd00::1","name":"asperathos"}`, database("fd00::1", 8086)},
		"credentials beside it": {
			`"enable_visualizer":true,"database_data":{"url":"influx","name":"asperathos","user":"u","password":"hunter2"}`,
			database("influx", 8086),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, decode(t, info(tt.members)).Database); diff != "" {
				t.Errorf("database (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatabaseRefused(t *testing.T) {
	t.Parallel()
	const field = "plugin_info.database_data."
	tests := map[string]struct {
		data string
		want []string
	}{
		"no url":                 {`{"name":"a"}`, []string{field + "url"}},
		"no name":                {`{"url":"influx"}`, []string{field + "name"}},
		"neither":                {`{"port":8086}`, []string{field + "url", field + "name"}},
		"only credentials":       {`{"password":"hunter2"}`, []string{field + "url", field + "name"}},
		"null":                   {`{"url":null,"port":null,"name":null}`, []string{field + "url", field + "name"}},
		"everything wrong":       {`{"url":7,"port":"8086","name":{}}`, []string{field + "url", field + "port", field + "name"}},
		"empty":                  {`{"url":"","name":""}`, []string{field + "url", field + "name"}},
		"no host":                {`{"url":"http://","name":"a"}`, []string{field + "url"}},
		"a bracket left open":    {`{"url":"http://[fd00::1","name":"a"}`, []string{field + "url"}},
		"a number for a host":    {`{"url":"2130706433","name":"a"}`, []string{field + "url"}},
		"port in the url":        {`{"url":"influx:8086","name":"a"}`, []string{field + "url"}},
		"port in a URL":          {`{"url":"http://influx:8086","name":"a"}`, []string{field + "url"}},
		"a path":                 {`{"url":"http://influx/write","name":"a"}`, []string{field + "url"}},
		"a query":                {`{"url":"http://influx?db=x","name":"a"}`, []string{field + "url"}},
		"a user":                 {`{"url":"http://root:hunter2@influx","name":"a"}`, []string{field + "url"}},
		"a user without scheme":  {`{"url":"root:hunter2@influx","name":"a"}`, []string{field + "url"}},
		"TLS":                    {`{"url":"https://influx","name":"a"}`, []string{field + "url"}},
		"another scheme":         {`{"url":"file:///etc/passwd","name":"a"}`, []string{field + "url"}},
		"a line break":           {`{"url":"influx\r\nX: y","name":"a"}`, []string{field + "url"}},
		"port 0":                 {`{"url":"influx","port":0,"name":"a"}`, []string{field + "port"}},
		"port 65536":             {`{"url":"influx","port":65536,"name":"a"}`, []string{field + "port"}},
		"port a text":            {`{"url":"influx","port":"8086","name":"a"}`, []string{field + "port"}},
		"a name with a slash":    {`{"url":"influx","name":"a/b"}`, []string{field + "name"}},
		"a name with a break":    {`{"url":"influx","name":"a\nb"}`, []string{field + "name"}},
		"a name that is a place": {`{"url":"influx","name":".."}`, []string{field + "name"}},
		"a long name":            {`{"url":"influx","name":"` + strings.Repeat("a", 256) + `"}`, []string{field + "name"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(info(`"enable_visualizer":true,"database_data":`+tt.data)), rules())
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Fatalf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestUnknownSourceIsRefused(t *testing.T) {
	t.Parallel()
	const data = `"database_data":{"url":"influx","port":28087,"name":"asperathos"}`
	for name, members := range map[string]string{
		"for the visualizer":    `"enable_visualizer":true,"datasource_type":"monasca",` + data,
		"for a detailed report": `"enable_detailed_report":true,"datasource_type":"prometheus",` + data,
		"without a database":    `"enable_visualizer":true,"datasource_type":"monasca"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(info(members)), rules())
			if diff := cmp.Diff([]string{"plugin_info.datasource_type"}, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
