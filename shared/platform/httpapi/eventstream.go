package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"
)

const (
	// streamWrite bounds one write: a client that does not read is disconnected.
	streamWrite = 5 * time.Second
	// restartRetry is the reconnection time for clients of an instance that ends:
	// by then another one serves them.
	restartRetry = 2 * time.Second
)

// StreamOptions are the limits of a stream of server-sent events.
type StreamOptions struct {
	Length    time.Duration   // how long the stream lasts
	Retry     time.Duration   // reconnection time that the client is told
	Heartbeat time.Duration   // longest time without a write
	Ending    <-chan struct{} // closed to end the stream at once; nil: never
}

// WithDefaults returns the limits with a default for each that is 0: streams of 20 s, less than
// a request may take, a reconnection time of 500 ms, and a write every 2 s.
func (o StreamOptions) WithDefaults() StreamOptions {
	o.Length = cmp.Or(o.Length, 20*time.Second)
	o.Retry = cmp.Or(o.Retry, 500*time.Millisecond)
	o.Heartbeat = cmp.Or(o.Heartbeat, 2*time.Second)
	return o
}

// EventStream is a connection that gets server-sent events. Its methods return false if the
// client is gone.
type EventStream struct {
	options StreamOptions
	control *http.ResponseController
	session *sse.Session
	written time.Time
}

// ServeStream answers a request with a stream, which do fills until it returns, or its
// context ends: with the client, the server, or the length of the stream.
func ServeStream(w http.ResponseWriter, r *http.Request, o StreamOptions, do func(context.Context, *EventStream)) {
	w.Header().Set("X-Accel-Buffering", "no")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	session, err := sse.Upgrade(w, r)
	if err != nil {
		Refuse(w, http.StatusInternalServerError, "this connection cannot stream")
		return
	}
	s := &EventStream{options: o, control: http.NewResponseController(w), session: session}
	ctx, cancel := context.WithTimeout(r.Context(), o.Length)
	defer cancel()
	go func() {
		select {
		case <-o.Ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	if s.write(&sse.Message{Retry: o.Retry}) {
		do(ctx, s)
	}
	select {
	case <-o.Ending:
		_ = s.write(&sse.Message{Retry: restartRetry}) && s.Flush()
	default:
	}
	s.extend() // for what the server still writes
}

// Send adds a message with data as JSON to what Flush sends. id is "" for a message that no
// client resumes from.
func (s *EventStream) Send(id, name string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // a mistake of the programmer
	}
	m := &sse.Message{Type: sse.Type(name)}
	if id != "" {
		m.ID = sse.ID(id)
	}
	m.AppendData(string(text))
	return s.write(m)
}

// Comment sends a comment, which clients ignore.
func (s *EventStream) Comment(text string) bool {
	m := &sse.Message{}
	m.AppendComment(text)
	return s.write(m) && s.Flush()
}

// Beat sends a comment if nothing was sent for the length of a heartbeat.
func (s *EventStream) Beat() bool {
	return time.Since(s.written) < s.options.Heartbeat || s.Comment("alive")
}

// Flush sends what was added.
func (s *EventStream) Flush() bool { return s.session.Flush() == nil }

func (s *EventStream) write(m *sse.Message) bool {
	s.written = time.Now()
	s.extend()
	return s.session.Send(m) == nil
}

// extend sets the deadline of the next write.
func (s *EventStream) extend() {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWrite)) // a recorder in a test has no deadline
}
