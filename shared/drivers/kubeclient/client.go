// Package kubeclient connects to the Kubernetes API, from inside a cluster or with a
// kubeconfig.
package kubeclient

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"kubejobs/shared/core/failure"
)

// timeout bounds a request whose context has no deadline.
const timeout = 5 * time.Second

// Rate and burst of the client's own limit: above what an instance needs, below what
// burdens an API server.
const (
	requestsPerSecond = 200
	requestsAtOnce    = 400
)

// namespaceFile holds the namespace of a pod.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// New returns a client for the file kubeconfig, or for the cluster that the program
// runs in if kubeconfig is "". It connects at the first use. The dynamic client
// suffices for the two kinds of objects, and links a seventh of the code of the
// typed clients. wrap wraps its transport; it may be nil.
func New(kubeconfig string, wrap func(http.RoundTripper) http.RoundTripper) (dynamic.Interface, error) {
	config, err := load(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	config.Timeout, config.QPS, config.Burst = timeout, requestsPerSecond, requestsAtOnce
	config.UserAgent = "kubejobs"
	if wrap != nil {
		config.Wrap(wrap)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	return client, nil
}

func load(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}

// Namespace returns the namespace that the program runs in, or that the current
// context of the kubeconfig names; "default" if neither is known.
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

// Translate returns an API error with a kind: not found, conflict (the object exists
// or was changed), internal if a retry cannot succeed (forbidden by a Role or a
// quota, invalid), and unavailable for the rest: timeouts, too many requests, an
// unreachable server. nil stays nil.
func Translate(operation string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("%s: %w", operation, err)
	switch {
	case apierrors.IsNotFound(err):
		return &failure.Error{Kind: failure.KindNotFound, Message: "no such object in Kubernetes", Err: cause}
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return &failure.Error{Kind: failure.KindConflict, Message: "the object in Kubernetes exists or was changed", Err: cause}
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes forbids it", Err: cause}
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsMethodNotSupported(err):
		return &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes rejects it as invalid", Err: cause}
	default:
		return failure.Unavailable("Kubernetes does not answer", cause)
	}
}
