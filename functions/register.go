package functions

import (
	ff "github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// Register names every unit to functions-framework-go, which serves the one
// that FUNCTION_TARGET names at /. It keeps the names for the whole process: a
// second call ends the program.
func Register(s *Set) {
	for name, handler := range s.units {
		ff.HTTP(name, handler.ServeHTTP)
	}
}
