package samples

import (
	"reflect"
	"testing"

	"kubejobs/shared/testkit/openapitest"
)

// What is answered has the fields that the description of the API names.
func TestDescription(t *testing.T) {
	t.Parallel()
	openapitest.SameFields(t, "SamplePage", reflect.TypeFor[page]())
}
