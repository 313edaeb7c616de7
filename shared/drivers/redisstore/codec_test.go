package redisstore

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// lived returns a job after as many ticks, with each part of its request and state.
func lived(tb testing.TB, ticks int) (job.Spec, job.State) {
	tb.Helper()
	begin := time.Date(2026, 11, 26, 8, 0, 0, 123456789, time.UTC)
	spec := job.Spec{
		ID: "a", Items: 1000, Budget: time.Hour, Submitted: begin, Period: 2 * time.Second, Accepted: begin,
		Queue:    job.Queue{Address: job.Address{Host: "::1", Port: 6379}, Database: 3, Secret: "s"},
		Strategy: "<&>\u2028é", Heuristics: json.RawMessage(`{"a":[1,2.50,null]}`), Fingerprint: "f", Caller: "10.0.0.1",
		Database: &job.Database{Host: "influx", Port: 8086, Name: "d", Secret: "i"},
		Control:  &job.Control{Min: 1, Max: 12, Confidence: 0.9, Actuator: job.ActuatorRedis},
	}
	state := job.New(spec, false, []job.Event{{Kind: job.EventSample}})
	for i := range ticks {
		count := job.QueueCount{Queued: int64(1000 - i), InFlight: 3, Results: int64(i)}
		seen := job.Observation{At: begin.Add(time.Duration(i) * 2 * time.Second), Queue: job.QueueHalf{Count: &count}, Late: 125 * time.Millisecond}
		if i%7 == 3 {
			seen.Queue = job.QueueHalf{Error: "cannot \"read\" <it>"}
		}
		state = job.Advance(&spec, &state, &seen, job.FailureLimit{Count: 10}).State
	}
	return spec, state
}

// What is encoded is what encoding/json encodes, which also reads it, as earlier and other
// versions of the program do.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, ticks := range []int{0, 1, 5, 300, 1500} {
		spec, state := lived(t, ticks)
		same(t, spec, encodeSpec, decodeSpec)
		same(t, state, encodeState, decodedState)
		byForm(t, spec, func(text string) bool { return read(text, func(f *form) { specFields(f, new(job.Spec)) }) })
		byForm(t, state, func(text string) bool { return read(text, func(f *form) { stateFields(f, new(job.State)) }) })
		same(t, state.Ended(job.PhaseFailed, "why", spec.Submitted), encodeState, decodedState)
	}
	same(t, job.Spec{}, encodeSpec, decodeSpec)
	same(t, job.State{}, encodeState, decodedState)
	for i := range 400 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		same(t, filled[job.Spec](t, random), encodeSpec, decodeSpec)
		same(t, filled[job.State](t, random), encodeState, decodedState)
	}
}

// byForm tests that a value which encoding/json wrote is read without it.
func byForm(t *testing.T, value any, read func(string) bool) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil || !read(string(text)) {
		t.Errorf("%T is left to encoding/json (%v): %s", value, err, text)
	}
}

// same tests that a value is encoded as encoding/json encodes it, and read back without
// encoding/json.
func same[T any](t *testing.T, value T, encode func(T) ([]byte, error), decode func(string) (T, error)) {
	t.Helper()
	got, err := encode(value)
	want, wantErr := json.Marshal(value)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%T: error %v, that of encoding/json: %v", value, err, wantErr)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%T (-encoding/json +ours):\n%s", value, diff)
	}
	back, err := decode(string(got))
	if err != nil {
		t.Fatalf("%T is not read back: %v", value, err)
	}
	var wantBack T
	if err := json.Unmarshal(want, &wantBack); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, wantBack) {
		t.Errorf("%T is read back as %+v, by encoding/json as %+v: %s", value, back, wantBack, want)
	}
}

// filled returns a value each of whose exported fields has a random value or none.
func filled[T any](t *testing.T, random *rand.Rand) T {
	t.Helper()
	var value T
	fill(t, random, reflect.ValueOf(&value).Elem(), 0)
	return value
}

func fill(t *testing.T, random *rand.Rand, v reflect.Value, depth int) {
	t.Helper()
	if depth > 1 && random.IntN(3) == 0 || depth > 12 {
		return
	}
	switch v.Interface().(type) {
	case forecast.Course:
		_, state := lived(t, 1+random.IntN(30))
		v.Set(reflect.ValueOf(*state.Course))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(random.Int64N(4e9), random.Int64N(1e9)).UTC()))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"a":["]}",2.50,null]}`)))
		return
	}
	switch v.Kind() { //nolint:exhaustive // a field of another kind fails the test
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{1, -1, math.MaxInt64, math.MinInt64, random.Int64N(1e12)}[random.IntN(5)])
	case reflect.Uint64:
		v.SetUint(random.Uint64())
	case reflect.Float64:
		v.SetFloat([]float64{1, -0.1, 1e21, 1e20, 1e-6, -9.5e-7, 1e100, 5e-324, math.MaxFloat64, random.NormFloat64()}[random.IntN(10)])
	case reflect.String:
		v.SetString([]string{"a", `"`, `\`, "é", "\x00\x7f", "<&>", "\u2028", "\xff", "a b"}[random.IntN(9)])
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, random, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(3), 3))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(t, random, v.Index(i), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, random, v.Field(i), depth+1)
			}
		}
	default:
		t.Fatalf("no values of %s", v.Type())
	}
}

// Strings of a state are no parts of its text: a table of ids must not keep the states.
func TestDecodedStringsAreCopies(t *testing.T) {
	t.Parallel()
	spec, state := lived(t, 30)
	specText, err := encodeSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	stateText, err := encodeState(state)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(specText) + string(stateText)
	gotSpec, err := decodeSpec(whole[:len(specText)])
	if err != nil {
		t.Fatal(err)
	}
	gotState, err := decodedState(whole[len(specText):])
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{string(gotSpec.ID), gotSpec.Strategy, gotSpec.Queue.Host, gotSpec.Database.Secret, string(gotState.Phase)} {
		first, at := uintptr(unsafe.Pointer(unsafe.StringData(whole))), uintptr(unsafe.Pointer(unsafe.StringData(kept)))
		if kept == "" || at >= first && at < first+uintptr(len(whole)) {
			t.Errorf("%q is a part of the text", kept)
		}
	}
}

// A text that a program of this version did not write is read by encoding/json.
func TestDecodeAsOthersWrite(t *testing.T) {
	t.Parallel()
	const text = `{ "history": {"seen": 3}, "phase": "running", "later": [1] }`
	if read(text, func(f *form) { stateFields(f, new(job.State)) }) {
		t.Error("read by a form")
	}
	state, err := decodedState(text)
	if err != nil || state.Phase != job.PhaseRunning || state.History.Seen != 3 {
		t.Errorf("got %+v, %v", state, err)
	}
}

// FuzzDecode: a text that encoding/json refuses is refused, and one that it accepts gives the
// same state.
func FuzzDecode(f *testing.F) {
	for _, ticks := range []int{0, 5, 40} {
		spec, state := lived(f, ticks)
		for _, value := range []any{spec, state} {
			text, err := json.Marshal(value)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	for _, text := range []string{``, `null`, `{}`, `{"phase":1}`, `{"phase":"running"`, `{"phase":"running"}x`, `{"failures":1e3}`, `{"outbox":{}}`, `{"failures":99999999999999999999}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		matches(t, text, decodedState)
		matches(t, text, decodeSpec)
	})
}

func matches[T any](t *testing.T, text string, decode func(string) (T, error)) {
	t.Helper()
	var want T
	got, err := decode(text)
	wantErr := json.Unmarshal([]byte(text), &want)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%T: error %v, that of encoding/json: %v", got, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%T: %+v, want %+v", got, got, want)
	}
}

// Whole numbers are read as encoding/json reads them, and refused as it refuses them.
func TestDecodeWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, number := range []string{
		"0", "7", "-7", "-0", "00", "07", "-07", "+7", "", "-", "7 ", " 7", "7.0", "7.", "7e0", "7E2", "7x", "0x7", "7_0",
		"123456789012345", "1234567890123456", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
	} {
		for _, text := range []string{`{"phase":"running","failures":` + number + `}`, `{"failures":` + number, `{"last_error":"","failures":` + number + `,"reason":"x"}`} {
			matches(t, text, decodedState)
		}
	}
}

// A course in a text that JSON refuses, or that has escapes, is read as encoding/json reads it.
func TestDecodeOddCourses(t *testing.T) {
	t.Parallel()
	_, state := lived(t, 20)
	text, err := encodeState(state)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(text), `"course":"`)
	if !ok {
		t.Fatalf("no course in %s", text)
	}
	for _, odd := range []string{"\n", "\r", `\n`, "\x00", " ", "=", `\`, "é"} {
		for _, at := range []int{0, 8, strings.IndexByte(after, '"')} {
			changed := before + `"course":"` + after[:at] + odd + after[at:]
			_, err := decodedState(changed)
			var want job.State
			if wantErr := json.Unmarshal([]byte(changed), &want); (err == nil) != (wantErr == nil) {
				t.Errorf("%q at %d: %v, encoding/json: %v", odd, at, err, wantErr)
			}
		}
	}
	escaped := before + `"course":"\u00` + fmt.Sprintf("%02x", after[0]) + after[1:]
	if got, err := decodedState(escaped); err != nil || !reflect.DeepEqual(got, state) {
		t.Errorf("with an escape: %v", err)
	}
}

func decodedState(text string) (job.State, error) {
	var state job.State
	err := decodeState(text, &state)
	return state, err
}
