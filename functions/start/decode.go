package start

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Bounds of the values in a request. They keep the arithmetic exact.
const (
	maxItems   = 1 << 53           // the largest whole number that JSON's readers agree on
	maxSeconds = 100 * 365 * 86400 // a century
	firstYear  = 1970              // the start of Unix time
	lastYear   = 9000              // with a century added, still four digits
)

// submissionLayout is the format of a time in Asperathos: one to six digits of a
// second, then a literal "GMT".
const submissionLayout = "2006-01-02T15:04:05.999999999GMT"

// Decode decodes a request in the format of Asperathos' Manager:
//
//	{"plugin": "kubejobs", "plugin_info": {"expected_time": 40, …}, "collect_period": 1}
//
// Only plugin and plugin_info.expected_time (seconds) are required. Fields that
// the monitor does not use are ignored. The error is of kind invalid and names
// every wrong field.
func Decode(id job.ID, body []byte, zone *time.Location) (monitor.Request, error) {
	top, err := parseObject(body)
	if err != nil {
		return monitor.Request{}, err
	}
	r := monitor.Request{ID: id}
	outer := &reader{object: top}
	r.Plugin = outer.required("plugin").text("plugin")
	r.Period = outer.seconds("collect_period")
	info := outer.required("plugin_info").sub("plugin_info")

	r.Budget = info.required("expected_time").seconds("expected_time")
	r.Items = info.whole("number_of_jobs", 1, maxItems)
	r.Submitted = info.moment("submission_time", zone)
	r.QueueHost = info.host("redis_ip")
	r.QueuePort = int(info.whole("redis_port", 1, 65535))
	r.Strategy = info.text("scaling_strategy")
	r.Database = info.database()
	options := info.raw("heuristic_options")
	if r.Strategy == "pid" {
		info.required("heuristic_options").sub("heuristic_options")
		r.Heuristics = options
	}
	if err := append(outer.wrong, info.wrong...).Err(); err != nil {
		return monitor.Request{}, err
	}
	r.Fingerprint = fingerprint(top)
	return r, nil
}

// parseObject decodes one JSON object with nothing after it.
func parseObject(body []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, failure.InvalidField("body", "is empty; want a JSON object")
		}
		return nil, failure.InvalidField("body", "want a JSON object: %v", err)
	}
	if object == nil {
		return nil, failure.InvalidField("body", "want a JSON object, got null")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, failure.InvalidField("body", "has text after the JSON object")
	}
	return object, nil
}

// fingerprint returns a text that is equal for equal requests, however they are
// formatted. It is stored, so credentials are left out of it.
func fingerprint(top map[string]any) string {
	if info, ok := top["plugin_info"].(map[string]any); ok {
		if data, ok := info["database_data"].(map[string]any); ok {
			for _, secret := range []string{"user", "username", "password", "token"} {
				delete(data, secret)
			}
		}
	}
	canonical, err := json.Marshal(top) // sorts keys; cannot fail on what was decoded
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
