// Package kubeclient answers how to reach the Kubernetes API: from inside a
// cluster, or as kubectl does.
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

// timeout bounds a request where its context does not.
const timeout = 5 * time.Second

// Requests a second and at once: the client's own limit, above what the
// instances of a function need and below what an API server minds.
const (
	requestsPerSecond = 200
	requestsAtOnce    = 400
)

// namespaceFile is where a pod reads which namespace it is in.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// New is a client by the file kubeconfig, or in-cluster where that is "". It
// connects at the first use. The dynamic client is enough for the two kinds of
// objects that are needed and links a seventh of what the typed ones do. wrap,
// which may be nil, goes round its transport.
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

// Namespace is the one that the program runs in, or that the kubeconfig's
// context names; "default" where nobody says.
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

// Translate gives an API error the domain's kind: not found, conflict (it is
// there, or changed), internal for what another try will not mend (forbidden by
// a Role or a quota, invalid), and unavailable for the rest: timeouts, too many
// requests, a server that is away. nil stays nil.
func Translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	switch {
	case apierrors.IsNotFound(err):
		return &failure.Error{Kind: failure.KindNotFound, Message: "no such object in Kubernetes", Err: cause}
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return &failure.Error{Kind: failure.KindConflict, Message: "the object in Kubernetes is another one", Err: cause}
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes forbids it", Err: cause}
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsMethodNotSupported(err):
		return &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes does not understand it", Err: cause}
	default:
		return failure.Unavailable("Kubernetes does not answer", cause)
	}
}
