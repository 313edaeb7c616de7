package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"kubejobs/shared/core/failure"
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

// An error is logged as a clean text, also in a group.
func TestErrorsAreClean(t *testing.T) {
	t.Parallel()
	var line bytes.Buffer
	err := errors.New("a\x1b[31m\u202e" + strings.Repeat("x", 1000))
	logging.New(&line, slog.LevelInfo).WithGroup("g").Warn("failed", "error", err, "stack", strings.Repeat("s", 1000))
	var got struct{ G struct{ Error, Stack string } }
	if err := json.Unmarshal(line.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := "a [31m " + strings.Repeat("x", failure.MaxText-8) + "…"; got.G.Error != want {
		t.Errorf("error = %q, want %q", got.G.Error, want)
	}
	if len(got.G.Stack) != 1000 {
		t.Errorf("stack = %q, want all of it", got.G.Stack)
	}
}

// What net/http says of a peer that speaks without being asked is for debug; what else
// the standard library says is a warning.
func TestLibraries(t *testing.T) {
	before, flags := log.Writer(), log.Flags()
	defer func() { log.SetOutput(before); log.SetFlags(flags) }()
	for text, want := range map[string]string{
		`Unsolicited response received on idle HTTP channel starting with "hunter2"; err=<nil>`: "DEBUG",
		"http: Accept error: too many open files":                                               "WARN",
	} {
		var line bytes.Buffer
		logging.Libraries(logging.New(&line, slog.LevelDebug))
		log.Print(text)
		var got struct{ Level, Text string }
		if err := json.Unmarshal(line.Bytes(), &got); err != nil || got.Level != want || got.Text != text {
			t.Errorf("line = %s, %v, want level %s and the text %q", line.String(), err, want, text)
		}
	}
}
