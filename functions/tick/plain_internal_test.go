package tick

import (
	"encoding/json"
	"testing"
)

// What schedules send is read without encoding/json.
func TestPlainData(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]data{
		`{"app_id":"kj-abc1234"}`: {ID: "kj-abc1234"}, `{"app_id":"a","life":1795498867000}`: {"a", 1795498867000},
	} {
		if got, ok := plainData([]byte(text)); !ok || got != want {
			t.Errorf("%s: %+v, %t, want %+v", text, got, ok, want)
		}
	}
}

// FuzzPlainData: what is read without encoding/json is what that reads.
func FuzzPlainData(f *testing.F) {
	for _, text := range []string{
		`{"app_id":"a"}`, `{"app_id":"a","life":1795498867000}`, `{"app_id":"a","life":0}`, `{"app_id":"a","life":-1}`,
		`{"app_id":"a","life":1e3}`, `{"app_id":"a","life":9223372036854775808}`, `{"app_id":"a","life":1_0}`, `{"app_id":"a","life":}`,
		`{"app_id":"a","app_id":"b"}`, `{"app_id":"a"}}`, `{"app_id":"\u0061"}`, `{"app_id":""}`, `{"app_id":"a","life":1} `, `{"app_id":"a`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := plainData(text)
		var want data
		if err := json.Unmarshal(text, &want); ok && (err != nil || got != want) {
			t.Errorf("%q: %+v, want %+v (%v)", text, got, want, err)
		}
	})
}
