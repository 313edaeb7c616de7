package contract_test

import "time"

// The parts of an answer that are compared separately.
const (
	partStatus  = "status"
	partType    = "Content-Type"
	partBody    = "body"          // without error_message
	partMessage = "error_message" // nil if there is none
)

// exception is an intended difference from an answer of the original.
type exception struct {
	capture string
	part    string
	want    any // a naming: a text that contains it; members: an object that has them
	reason  string
}

// naming is what the text of an error must contain: the name of a field, or nothing.
type naming string

// members are those that an object must have, among others.
type members map[string]any

// started is the body of a start's answer, for captures that ask for a minute and
// six items. They ask for a period of a second, and MIN_PERIOD is two.
func started(submitted string) members {
	at, err := time.Parse(time.RFC3339, submitted)
	if err != nil {
		panic(err)
	}
	return members{
		"number_of_jobs": 6.0, "collect_period": 2.0, "expected_time": 60.0, "scaling_strategy": "default",
		"submission_time": submitted, "deadline": at.Add(time.Minute).Format(time.RFC3339Nano),
		"warnings": []any{
			"collect_period: 1s was asked for, 2s is in force (the longest even period that is not longer; MIN_PERIOD is the shortest)",
		},
	}
}

// refused is the body of a refusal without its text.
var refused = map[string]any{"error_code": 400.0, "error_name": "BAD_REQUEST"}

const (
	said      = "the text of the original is empty; ours says what is wrong"
	named     = "the original names Python types, or the field without its path; ours names the field by its path"
	notOurs   = "a caller's mistake is 400, not 500"
	noInstall = "installing one over HTTP is not supported"
	again     = "repeating the same start is no error: the caller may have got no answer"
	inForce   = "the object of the original is empty; ours says what is in force, and a Manager does not read it"
	byID      = "a stop needs no body, so its id decides, which is unknown here"
)

var exceptions = []exception{
	{"plugins_manager_ok", partStatus, 400, noInstall},
	{"plugins_manager_ok", partBody, refused, noInstall},
	{"plugins_manager_ok", partMessage, naming("plugin"), noInstall},

	{"start_duplicate", partStatus, 202, again},
	{"start_duplicate", partBody, started("2026-11-24T05:41:07.390079Z"), inForce},
	{"start_duplicate", partMessage, nil, again},

	{"start_ok", partBody, started("2026-11-24T05:41:07.390079Z"), inForce},
	{"start_detailed_ok", partBody, started("2026-11-24T05:44:19.395322Z"), inForce},
	{"start_json_suffix", partBody, started("2026-11-24T05:41:22.837294Z"), inForce},
	{"start_content_type_absent", partBody, started("2026-11-24T05:41:22.777668Z"), inForce},

	{"start_invalid_json", partStatus, 400, notOurs},
	{"start_invalid_json", partBody, refused, notOurs},
	{"start_invalid_json", partMessage, naming("body"), notOurs},
	{"start_submission_time_no_fraction", partStatus, 400, notOurs},
	{"start_submission_time_no_fraction", partBody, refused, notOurs},
	{"start_submission_time_no_fraction", partMessage, naming("plugin_info.submission_time"), notOurs},

	{"stop_no_content_length", partStatus, 400, byID},
	{"stop_no_content_length", partBody, refused, byID},
	{"stop_no_content_length", partMessage, naming(""), byID},

	{"report_after_stop", partMessage, naming("stopped"), said},
	{"report_unknown", partMessage, naming(""), said},
	{"stop_unknown", partMessage, naming(""), said},
	{"start_empty_body", partMessage, naming("body"), said},
	{"start_missing_plugin", partMessage, naming("plugin"), said},

	{"start_missing_expected_time", partMessage, naming("plugin_info.expected_time"), named},
	{"start_pid_heuristic_null", partMessage, naming("plugin_info.heuristic_options"), named},
	{"start_wrong_type_number_of_jobs_str", partMessage, naming("plugin_info.number_of_jobs"), named},
	{"start_wrong_type_redis_ip_int", partMessage, naming("plugin_info.redis_ip"), named},
}

// exceptionsOf returns the exceptions of a capture by part.
func exceptionsOf(capture string) map[string]exception {
	found := map[string]exception{}
	for _, e := range exceptions {
		if e.capture == capture {
			found[e.part] = e
		}
	}
	return found
}
