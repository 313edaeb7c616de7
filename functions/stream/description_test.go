package stream

import (
	"reflect"
	"testing"

	"kubejobs/shared/testkit/openapitest"
)

// The messages have the fields that the description of the API names.
func TestDescription(t *testing.T) {
	t.Parallel()
	openapitest.SameFields(t, "PhaseChange", reflect.TypeFor[phase]())
}
