package failure

import "fmt"

// FieldError describes what is wrong with one field of a request.
type FieldError struct{ Field, Problem string }

// Fields collects the wrong fields of a request.
type Fields []FieldError

// Add adds a wrong field.
func (f *Fields) Add(field, format string, args ...any) {
	*f = append(*f, FieldError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// InvalidField returns an error of kind invalid that names one field.
func InvalidField(field, format string, args ...any) error {
	return Invalid(FieldError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// Err returns an error of kind invalid that names every field, or nil if there is
// none.
func (f Fields) Err() error { return Invalid(f...) }
