package redisstore

import "testing"

// BenchmarkCodec decodes the request and the state of a job of an hour, and encodes its state.
func BenchmarkCodec(b *testing.B) {
	spec, state := lived(b, 1800)
	spec.Heuristics, state.Outbox = nil, nil
	specText, err := encodeSpec(spec)
	if err != nil {
		b.Fatal(err)
	}
	stateText, err := encodeState(state)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeSpec(string(specText)); err != nil {
			b.Fatal(err)
		}
		if _, err := decodedState(string(stateText)); err != nil {
			b.Fatal(err)
		}
		if _, err := encodeState(state); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(specText)), "B/request")
	b.ReportMetric(float64(len(stateText)), "B/state")
}
