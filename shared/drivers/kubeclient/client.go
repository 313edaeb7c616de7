// Package kubeclient connects to the Kubernetes API, from inside a cluster or
// with a kubeconfig as kubectl does.
package kubeclient

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/transport"

	"kubejobs/shared/core/failure"
)

// timeout bounds a request whose context has no earlier deadline.
const timeout = 5 * time.Second

// The client's own rate limit: more than an instance of a function needs, less
// than what burdens an API server.
const (
	requestsPerSecond = 200
	burst             = 400 // requests at once
)

// namespaceFile is the file in which a pod finds its own namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// New returns a client that is configured by the file kubeconfig, or by the pod
// that it runs in if kubeconfig is "". The client connects when it is first
// used. wrap, which may be nil, wraps its transport. The client is a dynamic one:
// that is enough for two kinds of objects, and it links a seventh of the code
// that the typed clients do.
func New(kubeconfig string, wrap func(http.RoundTripper) http.RoundTripper) (dynamic.Interface, error) {
	config, err := loadConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	config.Timeout, config.QPS, config.Burst = timeout, requestsPerSecond, burst
	config.UserAgent = "kubejobs"
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return bounded{next} })
	rereadToken(config)
	if wrap != nil {
		config.Wrap(wrap)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	return client, nil
}

// HTTP returns a client for requests to the API server that no object stands for, and the
// server's URL.
func HTTP(kubeconfig string) (client *http.Client, server string, err error) {
	config, err := loadConfig(kubeconfig)
	if err != nil {
		return nil, "", fmt.Errorf("connect to Kubernetes: %w", err)
	}
	config.Timeout, config.UserAgent = timeout, "kubejobs"
	rereadToken(config)
	if client, err = rest.HTTPClientFor(config); err != nil {
		return nil, "", fmt.Errorf("connect to Kubernetes: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, "", fmt.Errorf("connect to Kubernetes: %w", err)
	}
	return client, base.String(), nil
}

// rereadToken makes the client read the file of its token again after the API server has
// refused the token, in addition to once a minute: it may have been rotated.
func rereadToken(config *rest.Config) {
	if config.BearerTokenFile == "" {
		return
	}
	source := transport.NewCachedFileTokenSource(config.BearerTokenFile)
	config.BearerToken, config.BearerTokenFile = "", ""
	config.Wrap(transport.ResettableTokenSourceWrapTransport(source))
}

func loadConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}

// Namespace returns the namespace that the kubeconfig's current context names,
// or, if kubeconfig is "", the one that the program runs in. It returns "default"
// if neither is known.
func Namespace(kubeconfig string) string {
	if kubeconfig != "" {
		loader := &clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig}
		name, _, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loader, nil).Namespace()
		if err == nil && name != "" {
			return name
		}
		return "default"
	}
	text, err := os.ReadFile(namespaceFile)
	if name := strings.TrimSpace(string(text)); err == nil && name != "" {
		return name
	}
	return "default"
}

// Translate wraps an API error in one with a kind: not found, conflict (the
// object exists, or was changed), refused if a retry cannot succeed before somebody
// changes the object, a Role or a quota, and unavailable otherwise (timeout, too many
// requests, server unreachable). A 404 that is not about the object, because the
// namespace or the resource does not exist or a proxy answers, is a refusal.
// operation says what failed, in the log. Translate returns nil for nil.
func Translate(operation string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("%s: %w", operation, err)
	switch {
	case apierrors.IsNotFound(err) && aboutObject(err):
		return &failure.Error{Kind: failure.KindNotFound, Message: "no such object in Kubernetes", Err: cause}
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return &failure.Error{Kind: failure.KindConflict, Message: "the object in Kubernetes exists or was changed", Err: cause}
	}
	if phrase := refusal(err); phrase != "" {
		return failure.Refused(phrase, cause)
	}
	return failure.Unavailable("Kubernetes does not answer", cause)
}

// aboutObject reports whether an API server answered about the object of the
// request, not about its namespace, and not somebody else in a form of their own.
func aboutObject(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	details := answer.Status().Details
	return !IsForeign(err) && (details == nil || details.Kind != "namespaces")
}

// IsForeign reports whether err is an answer that is not in the form of the
// Kubernetes API, such as a proxy's: the client guesses its reason by the status
// code.
func IsForeign(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// refusal says what Kubernetes refuses, "" if err is no refusal.
func refusal(err error) string {
	switch {
	case apierrors.IsUnauthorized(err):
		return "Kubernetes does not accept the credentials"
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), quotaExceeded):
		return "Kubernetes forbids the request: " + quota(err.Error())
	case apierrors.IsForbidden(err):
		return "Kubernetes forbids the request (by a Role or a quota)"
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return "Kubernetes rejects the request as invalid"
	case apierrors.IsMethodNotSupported(err):
		return "Kubernetes does not support the request"
	case apierrors.IsNotFound(err):
		return "Kubernetes does not know the resource or its namespace"
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return ""
	}
	switch code := int(status.Status().Code); code {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusGone, http.StatusTooManyRequests:
		return "" // of 409 a namespace that is being created; of 410 the rest of a list that changed
	default:
		if code >= http.StatusBadRequest && code < http.StatusInternalServerError {
			return "Kubernetes refuses the request"
		}
		return ""
	}
}

// quotaExceeded begins the part of a refusal in which the API server names the
// quota, and what is requested, used and allowed of it.
const quotaExceeded = "exceeded quota: "

// maxQuota bounds how many bytes of that part an error repeats: what is before it has
// 32 characters, and a text has at most failure.MaxText.
const maxQuota = 168

// quota returns that part of a text, clean: an API server repeats what others wrote.
func quota(text string) string {
	_, rest, _ := strings.Cut(text, quotaExceeded)
	part := quotaExceeded + strings.ToValidUTF8(rest, "")
	return failure.Clean(strings.ToValidUTF8(part[:min(len(part), maxQuota)], ""))
}
