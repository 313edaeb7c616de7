// Package publishers_test runs the functions against the real places that
// samples and events go to.
package publishers_test
