package batchjob_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
)

// object returns a Job with members in its metadata and its status.
func object(metadata, status string) string {
	return `{"kind":"Job","metadata":{"name":"a","namespace":"batch","resourceVersion":"7"` + metadata + `},"status":{` + status + `}}`
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	version := func(text string) string { return object(`,"resourceVersion":"`+text+`"`, "") } // the last counts
	tests := map[string]struct {
		text string
		kind failure.Kind // "" means accepted
	}{
		"version 0":               {version("0"), ""},
		"a version of 2^63-1":     {version("9223372036854775807"), ""},
		"a version of 2^63":       {version("9223372036854775808"), failure.KindInternal},
		"a version of 2^64-1":     {version("18446744073709551615"), failure.KindInternal},
		"a version of 2^64":       {version("18446744073709551616"), failure.KindInternal},
		"a negative version":      {version("-1"), failure.KindInternal},
		"a version with a sign":   {version("+7"), failure.KindInternal},
		"a version in hex":        {version("0x7"), failure.KindInternal},
		"a version with letters":  {version("7a"), failure.KindInternal},
		"an empty version":        {version(""), failure.KindInternal},
		"a version as a number":   {object(`,"resourceVersion":7`, ""), failure.KindInternal},
		"a UID of 64 bytes":       {object(`,"uid":"`+strings.Repeat("u", 64)+`"`, ""), ""},
		"a UID of 65 bytes":       {object(`,"uid":"`+strings.Repeat("u", 65)+`"`, ""), failure.KindInternal},
		"a time that is none":     {object(`,"creationTimestamp":"now"`, ""), failure.KindInternal},
		"no time":                 {object(`,"creationTimestamp":null`, ""), ""},
		"2^31-1 active pods":      {object("", `"active":2147483647`), ""},
		"2^31 active pods":        {object("", `"active":2147483648`), failure.KindInternal},
		"-1 active pods":          {object("", `"active":-1`), failure.KindInternal},
		"1e400 active pods":       {object("", `"active":1e400`), failure.KindInternal},
		"half a pod":              {object("", `"active":0.5`), failure.KindInternal},
		"a Pod":                   {strings.Replace(object("", ""), "Job", "Pod", 1), failure.KindInvalid},
		"a name of 64 characters": {object(`,"name":"`+strings.Repeat("a", 64)+`"`, ""), failure.KindInvalid},
		"null":                    {"null", failure.KindInvalid},
		"an object after it":      {object("", "") + "{}", failure.KindInternal},
		"a template of any shape": {
			`{"spec":{"template":[1,{"spec":"` + strings.Repeat("x", 1<<20) + `"},1e400]},` + object("", "")[1:], "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, _, _, err := batchjob.Parse([]byte(tt.text))
			if (err == nil) != (tt.kind == "") || err != nil && failure.KindOf(err) != tt.kind {
				t.Errorf("Parse = %v, want kind %q", err, tt.kind)
			}
		})
	}
}

func TestParseKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	_, _, got, _, err := batchjob.Parse([]byte(object(`,"uid":"u-1","creationTimestamp":"2026-11-24T05:41:07Z"`,
		`"conditions":[{"type":"Failed","status":"True","reason":"a\u001b[31m\n`+strings.Repeat("é", 300)+`"}]`)))
	if err != nil || utf8.RuneCountInString(got.Reason) != failure.MaxText || !strings.HasPrefix(got.Reason, "a [31m é") {
		t.Errorf("Parse = %v, reason %q, want %d printable characters", err, got.Reason, failure.MaxText)
	}
	got.Reason = ""
	if diff := cmp.Diff(job.KubeStatus{Failed: true, UID: "u-1", Created: 1795498867000, Version: "7"}, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
