package otlp

import (
	"testing"

	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// What a receiver answers is read as protobuf reads it, or refused.
func FuzzPartial(f *testing.F) {
	answer, err := proto.Marshal(&collectmetrics.ExportMetricsServiceResponse{
		PartialSuccess: &collectmetrics.ExportMetricsPartialSuccess{RejectedDataPoints: 300, ErrorMessage: "too old"},
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range [][]byte{answer, nil, {0x0a}, {0x0a, 0xff}, {0x08, 1}, {0x0a, 0}, {0x0d, 1, 2, 3, 4}, {0x09, 1}, {0x0b}, []byte("<html>")} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := partial(text)
		var want collectmetrics.ExportMetricsServiceResponse
		if proto.Unmarshal(text, &want) != nil {
			return // any answer will do that does not panic
		}
		rejected, message := want.GetPartialSuccess().GetRejectedDataPoints(), want.GetPartialSuccess().GetErrorMessage()
		if got == nil && (rejected != 0 || message != "") && len(text) == proto.Size(&want) {
			t.Errorf("%x is no error, want that %d were rejected: %q", text, rejected, message)
		}
	})
}
