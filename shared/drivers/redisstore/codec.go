package redisstore

import (
	"encoding/json"

	"kubejobs/shared/core/job"
)

// Each tick decodes a job's request and state and encodes its state. encoding/json says what
// they are as JSON; a form does the same in a sixth of the time.

func encode(value any) ([]byte, error) { return json.Marshal(value) }

func decode(text string, target any) error { return json.Unmarshal([]byte(text), target) }

func encodeState(state job.State) ([]byte, error) {
	if text, ok := write(func(f *form) { stateFields(f, &state) }); ok {
		return text, nil
	}
	return encode(state)
}

func decodeState(text string) (job.State, error) {
	var state job.State
	if read(text, func(f *form) { stateFields(f, &state) }) {
		return state, nil
	}
	state = job.State{}
	return state, decode(text, &state)
}

func encodeSpec(spec job.Spec) ([]byte, error) {
	if text, ok := write(func(f *form) { specFields(f, &spec) }); ok {
		return text, nil
	}
	return encode(spec)
}

func decodeSpec(text string) (job.Spec, error) {
	var spec job.Spec
	if read(text, func(f *form) { specFields(f, &spec) }) {
		return spec, nil
	}
	spec = job.Spec{}
	return spec, decode(text, &spec)
}
