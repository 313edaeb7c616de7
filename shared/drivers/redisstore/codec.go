package redisstore

import (
	"encoding/json"
	"slices"

	"kubejobs/shared/core/job"
)

// Each tick decodes a job's request and state and encodes its state. encoding/json says what
// they are as JSON; a form does the same in a sixth of the time.

func encode(value any) ([]byte, error) { return json.Marshal(value) }

func decode(text string, target any) error { return json.Unmarshal([]byte(text), target) }

func encodeState(state job.State) ([]byte, error) {
	text, form, err := writeState(&state)
	defer form.release()
	return slices.Clone(text), err
}

// writeState returns the text of a state, and the form whose release frees it; nil if it need
// not be freed.
func writeState(state *job.State) ([]byte, *form, error) {
	f, ok := write(func(f *form) { stateFields(f, state) })
	if ok {
		return f.out, f, nil
	}
	f.release()
	text, err := encode(state)
	return text, nil, err
}

// decodeState decodes a state into a zero one.
func decodeState(text string, state *job.State) error {
	if read(text, func(f *form) { stateFields(f, state) }) {
		return nil
	}
	*state = job.State{}
	return decode(text, state)
}

func encodeSpec(spec job.Spec) ([]byte, error) {
	f, ok := write(func(f *form) { specFields(f, &spec) })
	defer f.release()
	if !ok {
		return encode(spec)
	}
	return slices.Clone(f.out), nil
}

func decodeSpec(text string) (job.Spec, error) {
	var spec job.Spec
	if read(text, func(f *form) { specFields(f, &spec) }) {
		return spec, nil
	}
	spec = job.Spec{}
	return spec, decode(text, &spec)
}
