package start

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// The fields that a request may have. A Manager sends max_replicas and min_replicas,
// which the monitor does not use.
var (
	outerFields = []string{"plugin", "plugin_info", "collect_period"}
	infoFields  = []string{
		"expected_time", "number_of_jobs", "submission_time", "redis_ip", "redis_port", "redis_secret", "queue", "scaling_strategy",
		"heuristic_options", "enable_detailed_report", "enable_visualizer", "datasource_type", "database_data",
		"max_replicas", "min_replicas", "control",
	}
	databaseFields = []string{"url", "port", "name", "secret"}
	queueFields    = []string{"pending", "processing", "results", "database"}
)

// submissionFields are fields of a submission to Asperathos' Manager that no request
// to the Monitor has.
var submissionFields = []string{
	"monitor_info", "monitor_plugin", "control_parameters", "control_plugin", "visualizer_info", "visualizer_plugin",
	"redis_workload", "env_vars", "init_size", "config_id", "cmd", "img",
}

const (
	// maxWarnings bounds the unknown fields that an answer names.
	maxWarnings = 20
	// longBudget is an expected time that is more likely in milliseconds.
	longBudget = 10_000_000 * time.Second
)

// warnings returns what is accepted but looks like a mistake.
func warnings(top map[string]any, r monitor.Request) []string {
	info, _ := top["plugin_info"].(map[string]any)
	found := unknown("", top, outerFields)
	found = append(found, unknown("plugin_info.", info, infoFields)...)
	queue, _ := info["queue"].(map[string]any)
	found = append(found, unknown("plugin_info.queue.", queue, queueFields)...)
	control, _ := info["control"].(map[string]any)
	found = append(found, unknown("plugin_info.control.", control, controlFields)...)
	target, _ := control["target"].(map[string]any)
	found = append(found, unknown("plugin_info.control.target.", target, targetFields)...)
	if r.Database != nil {
		data, _ := info["database_data"].(map[string]any)
		found = append(found, unknown("plugin_info.database_data.", data, databaseFields)...)
	}
	if more := len(found) - maxWarnings; more > 0 {
		found = append(found[:maxWarnings:maxWarnings], fmt.Sprintf("there are %d more unknown fields", more))
	}
	if r.Budget >= longBudget {
		found = append(found, fmt.Sprintf(
			"plugin_info.expected_time: is %.0f days; want seconds, not milliseconds", r.Budget.Hours()/24))
	}
	if r.Period > r.Budget {
		found = append(found, "collect_period: is longer than plugin_info.expected_time; want seconds, not milliseconds")
	}
	return found
}

// unknown returns a warning for each field of object that is not one of known.
func unknown(prefix string, object map[string]any, known []string) []string {
	var found []string
	for _, field := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, field) {
			found = append(found, prefix+printable(field)+": unknown field, ignored"+suggestion(field, known))
		}
	}
	return found
}

// suggestion names the field that was probably meant, if there is one.
func suggestion(field string, known []string) string {
	nested := !slices.Contains(known, outerFields[0]) && !slices.Contains(known, infoFields[0])
	switch {
	case slices.Contains(outerFields, field):
		return " here; it belongs beside plugin_info"
	case slices.Contains(infoFields, field):
		return " here; it belongs in plugin_info"
	case !nested && slices.Contains(queueFields, field):
		return " here; it belongs in plugin_info.queue"
	case isCredential(field) && slices.Contains(known, "redis_secret"):
		return "; credentials are not read from a request: redis_secret names a Secret that holds them"
	case isCredential(field) && slices.Contains(known, "secret"):
		return "; credentials are not read from a request: secret names a Secret that holds them"
	case nested && isCredential(field):
		return "; credentials are not read from a request"
	}
	for _, name := range known {
		if distance(squeeze(field), squeeze(name)) <= 2 {
			return "; is " + name + " meant?"
		}
	}
	if distance(squeeze(field), squeeze("collect_period")) <= 2 {
		return "; is collect_period meant, which belongs beside plugin_info?"
	}
	return ""
}

// explainMissing reports a required field that is missing from plugin_info but was
// given elsewhere: in a submission to Asperathos' Manager, or beside plugin_info.
func (r *reader) explainMissing(field string, top map[string]any) *reader {
	if r.object[field] != nil {
		return r
	}
	for _, object := range []struct {
		prefix  string
		members map[string]any
	}{{"plugin_info.", r.object}, {"", top}} {
		for _, name := range submissionFields {
			if object.members[name] != nil {
				r.bad(field, "is missing: this looks like a submission to Asperathos' Manager, as it has %s. "+
					"The Monitor expects the fields of monitor_info in plugin_info itself", object.prefix+name)
				return r
			}
		}
	}
	if top[field] != nil {
		r.bad(field, "is missing: it was given beside plugin_info, and belongs in it")
	}
	return r
}

// printable returns the name of an unknown field, short and on one line.
func printable(name string) string {
	const longest = 80
	strange := strings.ContainsFunc(name, func(c rune) bool { return c > unicode.MaxASCII || !unicode.IsPrint(c) })
	if name == "" || len(name) > longest || strange {
		return failure.Shorten(fmt.Sprintf("%.80q", name), longest+len(`""`)) // an escaped letter is up to ten long
	}
	return name
}

// squeeze removes what two spellings of a name may differ in.
func squeeze(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name[:min(len(name), 40)]))
}

// distance returns the number of letters to insert, delete or replace to make b of
// a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
