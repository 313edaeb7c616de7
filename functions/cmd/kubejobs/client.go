package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// foreignError is returned for an answer that kubejobs does not give.
type foreignError struct{ server, answer string }

func (e *foreignError) Error() string {
	return fmt.Sprintf("this is not kubejobs: %s %s", e.server, e.answer)
}

// baseURL returns the base URL of a server, with http:// if it has no scheme.
func baseURL(text string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	parsed, err := url.Parse(text)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
		return "", fmt.Errorf("--server: want http://HOST:PORT, got %.80q", text)
	}
	return text, nil
}

// getStatus reads a job's status. The error for an unknown job is
// monitor.ErrUnknownJob.
func getStatus(ctx context.Context, server string, id job.ID) (answer, error) {
	var status answer
	if err := getJSON(ctx, server, "/monitoring/"+string(id), &status); err != nil {
		return answer{}, err
	}
	if status.ID != id || status.Phase == "" {
		return answer{}, &foreignError{server, "answers something other than the status of a job"}
	}
	return status, nil
}

// getJSON reads one answer. The error for 404 is monitor.ErrUnknownJob.
func getJSON(ctx context.Context, server, path string, into any) error {
	target, err := url.JoinPath(server, path)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return transportError(server, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusOK && json.Unmarshal(body, into) == nil {
		return nil
	}
	return refusal(server, response, body)
}

// transportError returns the error of a request without an answer: a foreignError
// if somebody else's protocol was spoken.
func transportError(server string, err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the method and the URL
	}
	var network net.Error
	switch {
	case errors.Is(err, io.EOF):
		return &foreignError{server, "closes the connection without an answer"}
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled):
		return err
	default:
		return &foreignError{server, "gives no answer that can be read: " + err.Error()}
	}
}

// refusal returns the error of an answer that is not a success. A router in front of
// kubejobs may answer 502, 503 and 504 by itself.
func refusal(server string, response *http.Response, body []byte) error {
	var known struct {
		Code    int    `json:"error_code"`
		Message string `json:"error_message"`
	}
	isKnown := json.Unmarshal(body, &known) == nil && known.Code == response.StatusCode
	status, message := printable(response.Status), printable(known.Message)
	switch {
	case isKnown && known.Code == http.StatusNotFound && known.Message == monitor.ErrUnknownJob.Error():
		return monitor.ErrUnknownJob
	case isKnown && known.Code == http.StatusNotFound: // a path before that of kubejobs, or another unit
		return &foreignError{server, fmt.Sprintf("answers %s: %.200s", status, message)}
	case isKnown:
		return errors.New(status + ": " + message)
	}
	switch response.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return errors.New(status)
	default:
		return &foreignError{server, fmt.Sprintf("answers %s (%s)", status, printable(response.Header.Get("Content-Type")))}
	}
}
