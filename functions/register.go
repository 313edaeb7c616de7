package functions

import (
	ff "github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// Register registers every unit with functions-framework-go, which serves the one
// that FUNCTION_TARGET names at /. The framework keeps the names for the whole
// process: a second call ends the program.
func Register(s *Set) {
	for name, handler := range s.units {
		ff.HTTP(name, handler.ServeHTTP)
	}
}
