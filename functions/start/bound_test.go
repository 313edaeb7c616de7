package start_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/testkit/failuretest"
)

// Each bound, from both sides. Nil fields mean that the request is accepted.
func TestBounds(t *testing.T) {
	t.Parallel()
	budget := func(number string) string { return `{"plugin":"p","plugin_info":{"expected_time":` + number + `}}` }
	period := func(number string) string {
		return `{"plugin":"p","collect_period":` + number + `,"plugin_info":{"expected_time":40}}`
	}
	items := func(number string) string { return info(`"number_of_jobs":` + number) }
	strategy := func(name string) string { return info(`"scaling_strategy":"` + name + `"`) }
	options := func(value string) string { return info(`"scaling_strategy":"pid","heuristic_options":` + value) }
	text := func(letter string, bytes int) string { return `{"a":"` + strings.Repeat(letter, bytes-8) + `"}` }
	body, expected, number := []string{"body"}, []string{"plugin_info.expected_time"}, []string{"plugin_info.number_of_jobs"}
	every, name, heuristics := []string{"collect_period"}, []string{"plugin_info.scaling_strategy"}, []string{"plugin_info.heuristic_options"}
	tests := map[string]struct {
		body string
		want []string
	}{
		"a year":                    {budget("31536000"), nil},
		"over a year":               {budget("31536000.001"), expected},
		"a nanosecond":              {budget("1e-9"), nil},
		"under a nanosecond":        {budget("1e-10"), expected},
		"no time":                   {budget("0"), expected},
		"no time, negative":         {budget("-0"), expected},
		"negative":                  {budget("-1"), expected},
		"a time of 1e400":           {budget("1e400"), expected},
		"a time of 1e-400":          {budget("1e-400"), expected},
		"a time that is no number":  {budget(`"NaN"`), expected},
		"not a number":              {budget("NaN"), body},
		"infinity":                  {budget("Infinity"), body},
		"a period of a year":        {period("31536000"), nil},
		"a longer period":           {period("31536001"), every},
		"a period of 1e400":         {period("1e400"), every},
		"one item":                  {items("1"), nil},
		"no item":                   {items("0"), number},
		"no item, negative":         {items("-0"), number},
		"2^53 items":                {items("9007199254740992"), nil},
		"2^53 items as a power":     {items("9.007199254740992e15"), nil},
		"2^53+1 items":              {items("9007199254740993"), number},
		"2^63 items":                {items("9223372036854775808"), number},
		"1e400 items":               {items("1e400"), number},
		"1e-400 items":              {items("1e-400"), number},
		"1e99999999999 items":       {items("1e99999999999"), number},
		"half an item":              {items("0.5"), number},
		"many digits":               {items(strings.Repeat("9", 60000)), number},
		"a port of 65535":           {info(`"redis_port":65535`), nil},
		"a port of 65536":           {info(`"redis_port":65536`), []string{"plugin_info.redis_port"}},
		"a strategy of 63":          {strategy(strings.Repeat("é", 63)), nil},
		"a strategy of 64":          {strategy(strings.Repeat("é", 64)), name},
		"a strategy with a zero":    {strategy(`a\u0000`), name},
		"a strategy with a line":    {strategy(`a\n`), name},
		"half a character":          {strategy(`\ud800`), name},
		"text from right to left":   {strategy(`a\u202eb`), name},
		"options of 4096 bytes":     {options(text("x", 4096)), nil},
		"options of 4097 bytes":     {options(text("x", 4097)), heuristics},
		"options of 4096 times <":   {options(text("<", 4096)), nil},
		"options with spaces":       {options(strings.Repeat(" ", 5000) + text("x", 4096)), nil},
		"options of depth 32":       {options(nested(32)), nil},
		"options of depth 33":       {options(nested(33)), heuristics},
		"options of 1e308":          {options(`{"a":1e308}`), nil},
		"options of 1e400":          {options(`{"a":[1e400]}`), heuristics},
		"an unknown field, 30 deep": {info(`"a":` + nested(30)), nil},
		"an unknown field, 31 deep": {info(`"a":` + nested(31)), body},
		"a field twice":             {info(`"number_of_jobs":0,"number_of_jobs":1`), nil}, // the last counts, as in Python
		"a field twice, wrong":      {info(`"number_of_jobs":1,"number_of_jobs":0`), number},
		"bytes that are not UTF-8":  {info(`"scaling_strategy":"` + "\xff" + `"`), body},
		"a zero":                    {info(`"scaling_strategy":"` + "\x00" + `"`), body},
		"60 kB of [":                {strings.Repeat("[", 60000), body},
		"60 kB of {":                {strings.Repeat(`{"a":`, 12000), body},
		"brackets in a text":        {info(`"a":"` + strings.Repeat(`[\"{`, 1000) + `"`), nil},
		"all at once": {
			`{"plugin":"q","collect_period":1e400,"a":` + nested(40) + `,"plugin_info":{"expected_time":-0,"number_of_jobs":1e-400,` +
				`"scaling_strategy":"` + strings.Repeat("x", 64) + `","heuristic_options":` + nested(33) + `}}`,
			[]string{
				"plugin", "collect_period", "body", "plugin_info.expected_time", "plugin_info.number_of_jobs",
				"plugin_info.scaling_strategy", "plugin_info.heuristic_options",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(tt.body), rules())
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// What is too deep is refused before it is decoded.
//
//nolint:paralleltest // AllocsPerRun counts those of the whole process
func TestDeepBodyCostsNothing(t *testing.T) {
	for _, deep := range []string{info(`"a":` + nested(9000)), strings.Repeat("[", 60000), strings.Repeat(`{"a":`, 12000)} {
		allocations := testing.AllocsPerRun(10, func() {
			if _, _, err := start.Decode("a", []byte(deep), rules()); err == nil {
				t.Error("Decode accepted a deep body")
			}
		})
		if allocations > 50 {
			t.Errorf("%.0f allocations, want at most 50", allocations)
		}
	}
}
