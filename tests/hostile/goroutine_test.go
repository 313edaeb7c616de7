package hostile_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// starters are the names of functions that call a function in a goroutine of its own, or
// in one that is not the program's.
var starters = map[string]bool{
	"Go": true, "TryGo": true, "AfterFunc": true, "AddFunc": true, "FuncJob": true, "RegisterCallback": true,
}

// A panic ends the process unless the goroutine in which it happens recovers. So what
// the program runs in a goroutine begins with `defer failure.Rescue(…)`, calls
// failure.Catch, or only waits.
func TestGoroutinesRecover(t *testing.T) {
	t.Parallel()
	found := 0
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "tests" || name == "testkit" || strings.HasPrefix(name, ".") && path != root):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if started := startedBy(n); started != nil {
				found++
				if !recovers(started) {
					t.Errorf("%s: a panic of this goroutine would end the process", files.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("found %d goroutines, want at least 20: does the test look at the program?", found)
	}
}

// startedBy returns what a node starts in a goroutine, nil if it starts none.
func startedBy(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call.Fun
	case *ast.CallExpr:
		if selector, ok := n.Fun.(*ast.SelectorExpr); ok && starters[selector.Sel.Name] {
			for _, argument := range n.Args {
				if literal, ok := argument.(*ast.FuncLit); ok {
					return literal
				}
			}
			return n.Args[len(n.Args)-1]
		}
	}
	return nil
}

// recovers reports whether a function that is started recovers from a panic.
func recovers(started ast.Expr) bool {
	literal, ok := started.(*ast.FuncLit)
	if !ok {
		name, ok := started.(*ast.Ident)
		return ok && name.Name == "stop" // of signal.NotifyContext
	}
	if first, ok := literal.Body.List[0].(*ast.DeferStmt); ok && isCall(first.Call, "Rescue") {
		return true
	}
	safe := true // until a call is found that may panic
	ast.Inspect(literal.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !safe {
			return safe
		}
		if isCall(call, "Catch") {
			return false // and with it what it calls
		}
		safe = harmless(call)
		return safe
	})
	return safe
}

// isCall reports whether a call is one of failure.Rescue or failure.Catch.
func isCall(call *ast.CallExpr, name string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	return ok && from.Name == "failure"
}

// harmless reports whether a call only cancels a context or asks for its end.
func harmless(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == "cancel"
	case *ast.SelectorExpr:
		return f.Sel.Name == "Done"
	default:
		return false
	}
}
