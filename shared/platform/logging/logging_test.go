package logging_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"kubejobs/shared/platform/logging"
)

func TestLineHasTheIDsOfItsSpan(t *testing.T) {
	t.Parallel()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	traced := map[string]any{
		"level": "INFO", "msg": "job is running", "job": "a",
		"trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
	}
	tests := map[string]struct {
		span trace.SpanContext
		with func(*slog.Logger) *slog.Logger
		args []any
		want map[string]any
	}{
		"no span":                    {trace.SpanContext{}, nil, []any{"job", "a"}, map[string]any{"level": "INFO", "msg": "job is running", "job": "a"}},
		"a span":                     {span, nil, []any{"job", "a"}, traced},
		"a span, a logger's own key": {span, func(l *slog.Logger) *slog.Logger { return l.With("job", "a") }, nil, traced},
		"a span, a group": {span, func(l *slog.Logger) *slog.Logger { return l.With("job", "a").WithGroup("g") }, nil, map[string]any{
			"level": "INFO", "msg": "job is running", "job": "a",
			"g": map[string]any{"trace_id": traced["trace_id"], "span_id": traced["span_id"]},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var line bytes.Buffer
			log := logging.New(&line, slog.LevelInfo)
			if tt.with != nil {
				log = tt.with(log)
			}
			log.InfoContext(trace.ContextWithSpanContext(t.Context(), tt.span), "job is running", tt.args...)
			var got map[string]any
			if err := json.Unmarshal(line.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			delete(got, "time")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}
