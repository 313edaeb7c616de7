package overview

import (
	"reflect"
	"testing"

	"kubejobs/shared/testkit/openapitest"
)

// The messages have the fields that the description of the API names.
func TestDescription(t *testing.T) {
	t.Parallel()
	for schema, of := range map[string]reflect.Type{
		"ViewPage": reflect.TypeFor[page](), "NewSamples": reflect.TypeFor[newSamples](), "Gone": reflect.TypeFor[unknown](),
		"Trouble": reflect.TypeFor[trouble](), "Recovered": reflect.TypeFor[struct{}](),
	} {
		openapitest.SameFields(t, schema, of)
	}
}
