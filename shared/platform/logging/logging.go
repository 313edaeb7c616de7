// Package logging provides the logger of the program: JSON lines with slog.
package logging

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"strings"

	"kubejobs/shared/core/failure"
)

// New returns a logger that writes JSON lines of at least level to w. A line that is
// logged within a span has trace_id and span_id.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: bounded})})
}

// bounded returns an attribute that is an error as a clean text: parts of it may come
// from others.
func bounded(_ []string, a slog.Attr) slog.Attr {
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(failure.Clean(err.Error()))
	}
	return a
}

// Libraries makes the standard library's logger write to this one, for the whole
// process. A main calls it once.
func Libraries(to *slog.Logger) {
	log.SetFlags(0)
	log.SetOutput(lines{to})
}

// unsolicited begins a line of net/http that repeats what a peer sent without a request.
const unsolicited = "Unsolicited response"

// lines is a writer that logs what is written.
type lines struct{ to *slog.Logger }

func (l lines) Write(text []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(text, []byte(unsolicited)) {
		level = slog.LevelDebug
	}
	l.to.Log(context.Background(), level, "a library says", "text", failure.Clean(strings.TrimSpace(string(text))))
	return len(text), nil
}
