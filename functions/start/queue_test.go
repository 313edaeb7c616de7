package start_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/failuretest"
)

// queue is a request with a queue.
func queue(value string) string { return info(`"queue":` + value) }

func TestQueue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 128)
	tests := map[string]struct {
		value    string
		want     job.Lists
		database int
	}{
		"null":                     {"null", job.Lists{}, 0},
		"empty":                    {"{}", job.Lists{}, 0},
		"nulls":                    {`{"pending":null,"processing":null,"results":null,"database":null}`, job.Lists{}, 0},
		"everything":               {`{"pending":"a","processing":"a:processing","results":"a:results","database":3}`, job.Lists{Pending: "a", Processing: "a:processing", Results: "a:results"}, 3},
		"the first list":           {`{"pending":"a"}`, job.Lists{Pending: "a"}, 0},
		"the second list":          {`{"processing":"a"}`, job.Lists{Processing: "a"}, 0},
		"the third list":           {`{"results":"a"}`, job.Lists{Results: "a"}, 0},
		"a database":               {`{"database":1}`, job.Lists{}, 1},
		"the first database":       {`{"database":0}`, job.Lists{}, 0},
		"the last database":        {`{"database":2147483647}`, job.Lists{}, 2147483647},
		"a fraction of zero":       {`{"database":3.0}`, job.Lists{}, 3},
		"an exponent":              {`{"database":1e1}`, job.Lists{}, 10},
		"256 bytes":                {`{"pending":"` + long + `"}`, job.Lists{Pending: long}, 0},
		"spaces, quotes and signs": {`{"pending":" a \"b\" {c}:* "}`, job.Lists{Pending: ` a "b" {c}:* `}, 0},
		"another script":           {`{"pending":"仕事","results":"👩‍💻"}`, job.Lists{Pending: "仕事", Results: "👩‍💻"}, 0},
		"a hash tag":               {`{"pending":"{a}","processing":"{a}:p"}`, job.Lists{Pending: "{a}", Processing: "{a}:p"}, 0},
		"usual names exchanged":    {`{"pending":"job:results","results":"job"}`, job.Lists{Pending: "job:results", Results: "job"}, 0},
		"names that differ by case": {
			`{"pending":"a","processing":"A","results":"a "}`, job.Lists{Pending: "a", Processing: "A", Results: "a "}, 0,
		},
		"another job's samples": {`{"pending":"other:metrics"}`, job.Lists{Pending: "other:metrics"}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, queue(tt.value))
			if got.QueueLists != tt.want || got.QueueDatabase != tt.database {
				t.Errorf("queue %+v, database %d, want %+v, %d", got.QueueLists, got.QueueDatabase, tt.want, tt.database)
			}
		})
	}
}

func TestWrongQueue(t *testing.T) {
	t.Parallel()
	const (
		pending, processing, results = "plugin_info.queue.pending", "plugin_info.queue.processing", "plugin_info.queue.results"
		database                     = "plugin_info.queue.database"
	)
	tests := map[string]struct {
		value string
		want  []string
	}{
		"a text":                          {`"a"`, []string{"plugin_info.queue"}},
		"a list":                          {`["a"]`, []string{"plugin_info.queue"}},
		"a number":                        {"3", []string{"plugin_info.queue"}},
		"false":                           {"false", []string{"plugin_info.queue"}},
		"an empty name":                   {`{"pending":""}`, []string{pending}},
		"257 bytes":                       {`{"processing":"` + strings.Repeat("x", 257) + `"}`, []string{processing}},
		"257 bytes in fewer characters":   {`{"processing":"x` + strings.Repeat("é", 128) + `"}`, []string{processing}},
		"a line break":                    {`{"results":"a\nb"}`, []string{results}},
		"a zero byte":                     {`{"results":"a\u0000"}`, []string{results}},
		"an escape":                       {`{"results":"\u001b[2J"}`, []string{results}},
		"delete":                          {`{"results":"a\u007f"}`, []string{results}},
		"a control sign past ASCII":       {`{"results":"a\u0085b"}`, []string{results}},
		"a line separator":                {`{"results":"a\u2028b"}`, []string{results}},
		"a direction override":            {`{"results":"a\u202eb"}`, []string{results}},
		"half of a character":             {`{"pending":"a\ud800"}`, []string{pending}},
		"a number for a name":             {`{"pending":7}`, []string{pending}},
		"an object for a name":            {`{"pending":{}}`, []string{pending}},
		"a list for a name":               {`{"pending":["a"]}`, []string{pending}},
		"two the same":                    {`{"pending":"a","processing":"a"}`, []string{pending, processing}},
		"three the same":                  {`{"pending":"a","processing":"a","results":"a"}`, []string{pending, processing, results}},
		"the usual name of another":       {`{"pending":"job:processing"}`, []string{pending}},
		"the usual name of the first":     {`{"results":"job"}`, []string{results}},
		"one wrong, one of its usual":     {`{"pending":"","results":"job"}`, []string{pending}},
		"the job's samples":               {`{"results":"kj-abc1234:metrics"}`, []string{results}},
		"the job's samples, another base": {`{"results":"kj-abc1234:metrics","database":3}`, []string{results}},
		"what is remembered of them":      {`{"pending":"{kj-abc1234:metrics}:ticks"}`, []string{pending}},
		"a database below 0":              {`{"database":-1}`, []string{database}},
		"a database of 2^31":              {`{"database":2147483648}`, []string{database}},
		"a fraction":                      {`{"database":1.5}`, []string{database}},
		"a text for a database":           {`{"database":"3"}`, []string{database}},
		"true for a database":             {`{"database":true}`, []string{database}},
		"all at once": {
			`{"pending":"","processing":"a\t","results":[],"database":1e10}`, []string{pending, processing, results, database},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("kj-abc1234", []byte(queue(tt.value)), rules())
			got := failuretest.Fields(t, err)
			if diff := cmp.Diff(slices.Sorted(slices.Values(tt.want)), slices.Sorted(slices.Values(got))); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// The fields of a queue are named beside everything else that is wrong.
func TestWrongQueueBesideOthers(t *testing.T) {
	t.Parallel()
	body := `{"plugin":7,"plugin_info":{"expected_time":0,"redis_port":"x","queue":{"pending":"","database":-1}}}`
	_, _, err := start.Decode("a", []byte(body), rules())
	want := []string{
		"plugin", "plugin_info.expected_time", "plugin_info.queue.database", "plugin_info.queue.pending", "plugin_info.redis_port",
	}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(failuretest.Fields(t, err)))); diff != "" {
		t.Errorf("wrong fields (-want +got):\n%s", diff)
	}
}

func TestFingerprintOfAQueue(t *testing.T) {
	t.Parallel()
	const own = `"queue":{"pending":"a","processing":"b","results":"c","database":3}`
	tests := map[string]struct {
		first, second string // members of plugin_info
		same          bool
	}{
		"null for nothing":        {`"max_replicas":1`, `"max_replicas":1,"queue":null`, true},
		"empty for nothing":       {`"max_replicas":1`, `"max_replicas":1,"queue":{}`, true},
		"nulls for nothing":       {`"max_replicas":1`, `"max_replicas":1,"queue":{"pending":null,"database":null}`, true},
		"database 0 for nothing":  {`"max_replicas":1`, `"max_replicas":1,"queue":{"database":0}`, true},
		"the usual names":         {`"max_replicas":1`, `"max_replicas":1,"queue":{"pending":"job","processing":"job:processing","results":"job:results","database":0.0}`, true},
		"one usual name":          {`"queue":{"pending":"a"}`, `"queue":{"pending":"a","results":"job:results","database":0}`, true},
		"another order":           {own, `"queue":{"database":3,"results":"c","processing":"b","pending":"a"}`, true},
		"another spelling":        {own, `"queue":{"pending":"\u0061","processing":"b","results":"c","database":3e0}`, true},
		"an unknown field":        {own, `"queue":{"pending":"a","processing":"b","results":"c","database":3,"password":"x"}`, true},
		"a queue for nothing":     {`"max_replicas":1`, `"max_replicas":1,"queue":{"pending":"a"}`, false},
		"a database for nothing":  {`"max_replicas":1`, `"max_replicas":1,"queue":{"database":1}`, false},
		"another first list":      {own, strings.Replace(own, `"a"`, `"x"`, 1), false},
		"another second list":     {own, strings.Replace(own, `"b"`, `"x"`, 1), false},
		"another third list":      {own, strings.Replace(own, `"c"`, `"x"`, 1), false},
		"lists exchanged":         {own, `"queue":{"pending":"b","processing":"a","results":"c","database":3}`, false},
		"another database":        {own, strings.Replace(own, "3", "4", 1), false},
		"a database of one digit": {own, strings.Replace(own, "3", "30", 1), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := decode(t, info(tt.first)).Fingerprint, decode(t, info(tt.second)).Fingerprint
			if same := first == second; same != tt.same {
				t.Errorf("same fingerprint = %t, want %t: %s and %s", same, tt.same, tt.first, tt.second)
			}
		})
	}
}

// A job that an earlier version started is still the same request.
func TestFingerprintWithoutAQueueIsThatOfEarlierVersions(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`: "29b900bcb9320b77448bb0625ad4759b343878818c2eca9802175ca0d8b4958e",
		whole: "b864d56975b3fcef277ba0e497f93c8a911c565637e52dd2ac74c7c19def8d13",
	} {
		if got := decode(t, body).Fingerprint; got != want {
			t.Errorf("fingerprint of %s: %s, want %s", body, got, want)
		}
	}
}

func TestUnknownFieldsOfAQueue(t *testing.T) {
	t.Parallel()
	const ignored = ": unknown field, ignored"
	tests := map[string]struct {
		members string
		want    []string
	}{
		"every field":         {`"queue":{"pending":"a","processing":"b","results":"c","database":1}`, nil},
		"misspelt":            {`"queue":{"pendng":"a"}`, []string{"plugin_info.queue.pendng" + ignored + "; is pending meant?"}},
		"another case":        {`"queue":{"Database":1}`, []string{"plugin_info.queue.Database" + ignored + "; is database meant?"}},
		"nobody knows it":     {`"queue":{"colour":1}`, []string{"plugin_info.queue.colour" + ignored}},
		"a line break":        {`"queue":{"a\nb":1}`, []string{`plugin_info.queue."a\nb"` + ignored}},
		"a host in it":        {`"queue":{"redis_ip":"a"}`, []string{"plugin_info.queue.redis_ip" + ignored + " here; it belongs in plugin_info"}},
		"a password in it":    {`"queue":{"password":"hunter2"}`, []string{"plugin_info.queue.password" + ignored + "; credentials are not read from a request"}},
		"its fields outside":  {`"pending":"a","database":3`, []string{"plugin_info.database" + ignored + " here; it belongs in plugin_info.queue", "plugin_info.pending" + ignored + " here; it belongs in plugin_info.queue"}},
		"a misspelt queue":    {`"queues":{}`, []string{"plugin_info.queues" + ignored + "; is queue meant?"}},
		"in the data of a DB": {`"enable_visualizer":true,"database_data":{"url":"a","name":"b","database":"c"}`, []string{"plugin_info.database_data.database" + ignored}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got, err := start.Decode("a", []byte(info(tt.members)), rules())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
	_, got, err := start.Decode("a", []byte(`{"plugin":"p","queue":{},"plugin_info":{"expected_time":40}}`), rules())
	if want := []string{"queue" + ignored + " here; it belongs in plugin_info"}; err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("a queue beside plugin_info: %q, %v, want %q", got, err, want)
	}
}
