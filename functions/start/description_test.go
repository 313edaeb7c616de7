package start

import (
	"testing"

	"kubejobs/shared/testkit/openapitest"
)

// The fields that a request may have are those that the description of the API names.
func TestDescription(t *testing.T) {
	t.Parallel()
	for schema, fields := range map[string][]string{
		"StartRequest": outerFields, "JobInfo": infoFields, "QueueRequest": queueFields, "ControlRequest": controlFields,
		"DatabaseRequest": databaseFields,
	} {
		openapitest.SameNames(t, schema, fields)
	}
}
