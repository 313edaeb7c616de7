package kubeclient

import (
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"kubejobs/shared/core/failure"
)

// TranslateRight is Translate for a verb on a resource in a namespace. If the API server
// forbids it, the text of the error names the right that is missing.
func TranslateRight(verb, resource, namespace, operation string, err error) error {
	if !apierrors.IsForbidden(err) || strings.Contains(err.Error(), quotaExceeded) {
		return Translate(operation, err)
	}
	return failure.Refused(fmt.Sprintf("Kubernetes forbids the request (by a Role or a policy): needs the right to %s %s in the namespace %s",
		verb, resource, namespace), fmt.Errorf("%s: %w", operation, err))
}
