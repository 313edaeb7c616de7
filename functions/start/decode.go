package start

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Bounds of the values in a request. They keep the arithmetic exact, and what is
// stored of a job small.
const (
	maxBody     = 64 << 10    // bytes
	maxItems    = 1 << 53     // the largest whole number that JSON's readers agree on
	maxSeconds  = 365 * 86400 // a year
	maxStrategy = 63          // characters
	maxOptions  = 4 << 10     // bytes of JSON
	// maxDepth bounds the objects and lists inside one another: those of the body, and
	// those of heuristic_options, which count from there.
	maxDepth = 32
)

// Rules say what a request may contain.
type Rules struct {
	Plugins []string       // values of plugin
	Zone    *time.Location // of submission_time
	Now     time.Time      // decides between two readings of a submission_time
}

// Decode decodes a request in the format of Asperathos' Manager:
//
//	{"plugin": "kubejobs", "plugin_info": {"expected_time": 40, …}, "collect_period": 1}
//
// Only plugin and plugin_info.expected_time (seconds) are required. Fields that
// the monitor does not use are ignored; the warnings name those that a Manager does
// not send either. The error is of kind invalid and names every wrong field.
func Decode(id job.ID, body []byte, rules Rules) (monitor.Request, []string, error) {
	top, err := parseObject(body)
	if err != nil {
		return monitor.Request{}, nil, err
	}
	r := monitor.Request{ID: id}
	outer := &reader{object: top}
	r.Plugin = outer.required("plugin").text("plugin")
	if _, given := top["plugin"].(string); given && !slices.Contains(rules.Plugins, r.Plugin) {
		outer.wrong("plugin", "one of "+list(rules.Plugins))
	}
	r.Period = outer.seconds("collect_period")
	info := outer.required("plugin_info").sub("plugin_info")
	r.Budget = info.explainMissing("expected_time", top).required("expected_time").seconds("expected_time")
	r.Items = info.whole("number_of_jobs", 1, maxItems)
	r.Submitted = info.moment("submission_time", rules)
	r.QueueHost = info.host("redis_ip")
	r.QueuePort = int(info.whole("redis_port", 1, 65535))
	r.QueueLists, r.QueueDatabase = info.queue(id)
	r.QueueSecret = info.secret("redis_secret")
	r.Strategy = info.name("scaling_strategy", maxStrategy)
	r.Database = info.database()
	r.Control = info.control()
	r.Heuristics = info.options("heuristic_options", r.Strategy == "pid")
	outer.checkDepth(top)
	if err := failure.Invalid(append(outer.problems, info.problems...)...); err != nil {
		return monitor.Request{}, nil, err
	}
	r.Fingerprint = fingerprint(top, r)
	return r, warnings(top, r), nil
}

// parseObject decodes one JSON object with nothing after it. A byte order mark
// before it is ignored.
func parseObject(body []byte) (map[string]any, error) {
	invalid := func(problem string) error {
		return failure.InvalidField("body", "%s", problem)
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, invalid("want a JSON object in UTF-8; this is another encoding")
	}
	if nested(body) {
		return nil, invalid(fmt.Sprintf("want at most %d objects and lists inside one another", maxDepth))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, invalid("is empty; want a JSON object")
		}
		if other, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, invalid("want a JSON object, got " + other.Value)
		}
		return nil, invalid("want a JSON object: " + err.Error())
	}
	if object == nil {
		return nil, invalid("want a JSON object, got null")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("has text after the JSON object")
	}
	return object, nil
}
